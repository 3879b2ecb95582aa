package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

func newIRTCmd(a *app) *cobra.Command {
	return newGroup("irt", "The engine on CSV files, without a database", newIRTFitCmd(a), newIRTScoreCmd(a), newIRTSimulateCmd(a))
}

// pairFlag is two numbers, as MEAN,SD.
type pairFlag struct {
	pair **[2]float64
	name string
}

func (f pairFlag) String() string {
	if f.pair == nil || *f.pair == nil {
		return ""
	}
	return strconv.FormatFloat((*f.pair)[0], 'g', -1, 64) + "," + strconv.FormatFloat((*f.pair)[1], 'g', -1, 64)
}

// Set reads two finite numbers with a comma between them.
func (f pairFlag) Set(text string) error {
	first, second, found := strings.Cut(text, ",")
	if !found {
		return fmt.Errorf("want %s", f.name)
	}
	var pair [2]float64
	for i, part := range []string{first, second} {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%q is no finite number; want %s", part, f.name)
		}
		pair[i] = x
	}
	*f.pair = &pair
	return nil
}

// Type names the value in --help.
func (f pairFlag) Type() string { return f.name }

// gridFlags lay the quadrature nodes.
type gridFlags struct {
	nodes int
	reach *[2]float64
}

func (g *gridFlags) bind(cmd *cobra.Command) {
	g.reach = &[2]float64{irt.DefaultQuadrature.Min, irt.DefaultQuadrature.Max}
	cmd.Flags().IntVar(&g.nodes, "nodes", irt.DefaultQuadrature.Nodes, "quadrature nodes")
	cmd.Flags().Var(pairFlag{&g.reach, "MIN,MAX"}, "range", "of the nodes, in SDs of the population")
}

func (g *gridFlags) quadrature() (irt.Quadrature, error) {
	q := irt.Quadrature{Nodes: g.nodes, Min: g.reach[0], Max: g.reach[1]}
	if err := q.Validate(); err != nil {
		return q, usagef("--nodes, --range: %v", err)
	}
	return q, nil
}

// usageOf makes what the flags, not the data, got wrong a usage error.
func usageOf(err error) error {
	for _, usage := range []error{irt.ErrOptions, irt.ErrPrior, irt.ErrUnknownModel} {
		if errors.Is(err, usage) {
			return usagef("%v", err)
		}
	}
	return err
}

// readFile opens a file, or the input for -, and reads it with f.
func readFile[T any](a *app, path string, f func(io.Reader) (T, error)) (T, error) {
	var none T
	in := a.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return none, err
		}
		defer file.Close()
		in = file
	}
	out, err := f(in)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func readResponses(a *app, path string) (*irtfile.Answers, error) {
	return readFile(a, path, irtfile.ReadResponses)
}

func readItems(a *app, path string) (*irtfile.Bank, error) {
	return readFile(a, path, irtfile.ReadItems)
}

// decimals prints a number for people; nil is missing.
func decimals(x *float64) string {
	if x == nil {
		return missingText
	}
	return strconv.FormatFloat(*x, 'f', 3, 64)
}
