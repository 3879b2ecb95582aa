package irtfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"sextant/irt"
)

func quote(s string) string { return strconv.Quote(s) }
func itoa(i int) string     { return strconv.Itoa(i) }

// Bank is a set of items with known parameters, and the population they were
// calibrated in.
type Bank struct {
	Items      []string
	Params     []irt.ItemParams
	Population irt.Normal

	number map[string]int
}

// Number is an item's place in the bank.
func (b *Bank) Number(item string) (int, bool) {
	i, ok := b.number[item]
	return i, ok
}

// ReadItems reads item parameters: JSON as `sextant irt fit --json` writes it,
// or CSV (plain or gzipped) with the columns item_id (or item), a, b (or the
// intercept d = −ab) and, optional, c. The population is the JSON's, else
// N(0, 1).
func ReadItems(in io.Reader) (*Bank, error) {
	buffered := bufio.NewReader(in)
	for {
		first, err := buffered.Peek(1)
		if errors.Is(err, io.EOF) {
			return nil, ErrEmpty
		}
		if err != nil {
			return nil, err
		}
		switch first[0] {
		case ' ', '\t', '\r', '\n':
			buffered.Discard(1) //nolint:errcheck // just peeked at
		case '{':
			return readItemsJSON(buffered)
		default:
			return readItemsCSV(buffered)
		}
	}
}

func readItemsJSON(in io.Reader) (*Bank, error) {
	var file Calibration
	if err := json.NewDecoder(in).Decode(&file); err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	b := &Bank{Population: irt.StandardNormal}
	if file.Latent.Variance != 0 {
		b.Population = irt.Normal{Mean: file.Latent.Mean, SD: math.Sqrt(file.Latent.Variance)}
	}
	if err := b.Population.Validate(); err != nil {
		return nil, fmt.Errorf("latent: %w", err)
	}
	for _, item := range file.Items {
		if err := b.add(item.ID, irt.ItemParams{A: item.A, B: item.B, C: item.C}); err != nil {
			return nil, err
		}
	}
	if len(b.Items) == 0 {
		return nil, errors.New("JSON: no items; expected the output of sextant irt fit --json")
	}
	return b, nil
}

func (b *Bank) add(name string, p irt.ItemParams) error {
	if name == "" {
		return errors.New("an item without a name")
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("item %q: %w", name, err)
	}
	if _, twice := b.number[name]; twice {
		return fmt.Errorf("item %q stands there twice", name)
	}
	if b.number == nil {
		b.number = map[string]int{}
	}
	b.number[name] = len(b.Items)
	b.Items = append(b.Items, name)
	b.Params = append(b.Params, p)
	return nil
}

func readItemsCSV(in io.Reader) (*Bank, error) {
	r, header, err := openTable(in)
	if err != nil {
		return nil, err
	}
	width := len(header)
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	if i, ok := at["item"]; ok {
		at[columnItem] = i
	}
	_, hasB := at["b"]
	_, hasD := at["d"]
	for _, name := range []string{columnItem, "a"} {
		if _, ok := at[name]; !ok {
			return nil, r.errorf(0, "no column %s in the header", name)
		}
	}
	if !hasB && !hasD {
		return nil, r.errorf(0, "no column b (or d) in the header")
	}
	b := &Bank{Population: irt.StandardNormal}
	for {
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := r.wideness(record, width); err != nil {
			return nil, err
		}
		name := strings.Clone(record[at[columnItem]])
		p, err := r.params(record, at)
		if err != nil {
			return nil, err
		}
		if err := b.add(name, p); err != nil {
			return nil, r.errorf(at[columnItem], "%v", err)
		}
	}
	if len(b.Items) == 0 {
		return nil, ErrNoRows
	}
	return b, nil
}

// params reads a row's parameters; b goes before d where both are given.
func (r *reader) params(record []string, at map[string]int) (p irt.ItemParams, err error) {
	number := func(column string) float64 {
		i, ok := at[column]
		if !ok || err != nil {
			return 0
		}
		x, parseErr := strconv.ParseFloat(strings.TrimSpace(record[i]), 64)
		if parseErr != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			err = r.errorf(i, "%s is no finite number", quote(record[i]))
		}
		return x
	}
	p = irt.ItemParams{A: number("a"), B: number("b"), C: number("c")}
	if _, ok := at["b"]; !ok {
		if p.A == 0 && err == nil {
			return p, r.errorf(at["a"], "a is 0, so that d gives no b")
		}
		p.B = -number("d") / p.A
	}
	return p, err
}
