// Evaluations a second of CPU time by github.com/expr-lang/expr: the expressions on stdin, with the log entry of bench/expr.ts,
// compiled without an environment as the collector does. One figure a line.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"syscall"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

const times = 300_000

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func main() {
	debug.SetGCPercent(100)
	env := map[string]any{
		"body":       "GET /api/orders/17 failed: connection refused",
		"attributes": map[string]any{"status": 503, "http.route": "/api/orders/{id}", "tags": []any{"a", "b", "c"}},
		"resource":   map[string]any{"service.name": "shop"},
	}
	var sources []string
	if err := json.NewDecoder(os.Stdin).Decode(&sources); err != nil {
		panic(err)
	}
	for _, source := range sources {
		program, err := expr.Compile(source)
		if err != nil {
			panic(err)
		}
		machine := vm.VM{}
		rates := []float64{}
		for range 5 {
			runtime.GC()
			start := cpuSeconds()
			for range times {
				if _, err := machine.Run(program, env); err != nil {
					panic(err)
				}
			}
			rates = append(rates, times/(cpuSeconds()-start))
		}
		sort.Float64s(rates)
		fmt.Printf("%.0f\n", rates[2])
	}
}
