// Answers of github.com/expr-lang/expr to the expressions on stdin (a JSON array of strings), with the environment of
// environment.json, whose path is the only argument. Compiled without an environment, as the collector does, so that nothing
// is known of the values. Expressions that do not answer the same each time are left out. One JSON array on stdout:
// [expression, {"value": …} or {"error": message, "when": "compile" or "run"}].
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// decode makes an environment's value of its JSON.
func decode(v any) any {
	switch x := v.(type) {
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = decode(e)
		}
		return out
	case map[string]any:
		for kind, inner := range x {
			switch kind {
			case "int":
				n, err := strconv.Atoi(inner.(string))
				check(err)
				return n
			case "float":
				f, err := strconv.ParseFloat(inner.(string), 64)
				check(err)
				return f
			case "bytes":
				b, err := hex.DecodeString(inner.(string))
				check(err)
				return b
			case "time":
				n, err := strconv.ParseInt(inner.(string), 10, 64)
				check(err)
				return time.Unix(0, n).UTC()
			case "duration":
				n, err := strconv.ParseInt(inner.(string), 10, 64)
				check(err)
				return time.Duration(n)
			case "function":
				return func(name string) string { return "Hello, " + name }
			case "map":
				out := map[string]any{}
				for k, e := range inner.(map[string]any) {
					out[k] = decode(e)
				}
				return out
			}
		}
		panic("an unknown kind of value")
	default:
		return v
	}
}

type tagged map[string]any

// encode makes JSON of an answer, from which its type can be told.
func encode(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case bool:
		return x
	case string:
		if !utf8.ValidString(x) {
			return tagged{"broken": hex.EncodeToString([]byte(x))}
		}
		return x
	case []byte:
		return tagged{"bytes": hex.EncodeToString(x)}
	case time.Time:
		seconds := strconv.FormatInt(x.Unix(), 10)
		return tagged{"time": seconds, "nano": x.Nanosecond()}
	case time.Duration:
		return tagged{"duration": strconv.FormatInt(int64(x), 10)}
	case *time.Location:
		return tagged{"zone": x.String()}
	case time.Month, time.Weekday:
		return tagged{"named": fmt.Sprint(x)}
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return tagged{"int": strconv.FormatInt(r.Int(), 10)}
	case r.CanUint():
		return tagged{"int": strconv.FormatUint(r.Uint(), 10)}
	case r.CanFloat():
		return tagged{"float": strconv.FormatFloat(r.Float(), 'g', -1, 64)}
	}
	switch r.Kind() {
	case reflect.Slice, reflect.Array:
		if r.Kind() == reflect.Slice && r.IsNil() {
			return tagged{"nilArray": true}
		}
		out := make([]any, r.Len())
		for i := range out {
			out[i] = encode(r.Index(i).Interface())
		}
		return out
	case reflect.Map:
		pairs := make([][2]any, 0, r.Len())
		for _, k := range r.MapKeys() {
			pairs = append(pairs, [2]any{encode(k.Interface()), encode(r.MapIndex(k).Interface())})
		}
		sort.Slice(pairs, func(i, j int) bool { return text(pairs[i][0]) < text(pairs[j][0]) })
		return tagged{"map": pairs}
	case reflect.Func:
		return tagged{"function": true}
	}
	return tagged{"other": fmt.Sprintf("%T", v)}
}

func text(v any) string {
	b, err := json.Marshal(v)
	check(err)
	return string(b)
}

func answer(source string, env map[string]any) tagged {
	program, err := expr.Compile(source)
	if err != nil {
		return tagged{"error": first(err), "when": "compile"}
	}
	value, err := run(program, env)
	if err != nil {
		return tagged{"error": first(err), "when": "run"}
	}
	return tagged{"value": encode(value)}
}

func run(program *vm.Program, env map[string]any) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return expr.Run(program, env)
}

func first(err error) string {
	return strings.SplitN(err.Error(), "\n", 2)[0]
}

func main() {
	var raw map[string]any
	data, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(data, &raw))
	env := map[string]any{}
	for name, v := range raw {
		env[name] = decode(v)
	}
	var sources []string
	check(json.NewDecoder(os.Stdin).Decode(&sources))
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, source := range sources {
		one := answer(source, env)
		same := true
		for range 6 {
			same = same && text(answer(source, env)) == text(one)
		}
		if same {
			check(out.Encode([]any{source, one}))
		}
	}
}
