// MB a second of CPU time that Prometheus' parser (model/textparse) reads of the pages named as arguments, format and file by
// turns: entries alone, and with the labels of every series. Two figures a page.
package main

import (
	"fmt"
	"os"
	"sort"
	"syscall"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

const rounds, bytes = 5, 30_000_000

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func read(page []byte, contentType string, withLabels bool) {
	p, err := textparse.New(page, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		panic(err)
	}
	var lset labels.Labels
	for {
		entry, err := p.Next()
		if err != nil {
			return
		}
		if entry == textparse.EntrySeries {
			p.Series()
			if withLabels {
				p.Labels(&lset)
			}
		}
	}
}

func main() {
	for arg := 1; arg+1 < len(os.Args); arg += 2 {
		page, err := os.ReadFile(os.Args[arg+1])
		if err != nil {
			panic(err)
		}
		for _, withLabels := range []bool{false, true} {
			rates := []float64{}
			for round := 0; round < rounds; round++ {
				times := bytes / len(page)
				start := cpuSeconds()
				for time := 0; time < times; time++ {
					read(page, os.Args[arg], withLabels)
				}
				rates = append(rates, float64(times*len(page))/1e6/(cpuSeconds()-start))
			}
			sort.Float64s(rates)
			fmt.Println(rates[rounds/2])
		}
	}
}
