package jobs

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Field is one thing that the ledger keeps by its name: a parameter of a run, or
// what a line of its log tells.
type Field struct {
	Name  string
	value any // as decoded, its numbers to the letter
}

// ReadFields reads a JSON object of the ledger, by name. Its numbers stay as
// they are written: through a float64, 2000000 would come back as 2e+06, which
// no flag takes.
func ReadFields(raw json.RawMessage) ([]Field, error) {
	values, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	fields := make([]Field, 0, len(values))
	for k, v := range values {
		fields = append(fields, Field{k, v})
	}
	slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return fields, nil
}

// readObject is ReadFields as a map; no object is an empty one.
func readObject(raw json.RawMessage) (map[string]any, error) {
	values := map[string]any{}
	if len(raw) == 0 {
		return values, nil
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	return values, d.Decode(&values)
}

// Exact is the field to the letter, as a flag takes it.
func (f Field) Exact() string {
	return fieldText(f.value, ", ", func(n json.Number) string { return n.String() })
}

// Read is the field for people, its decimals cut where nobody reads on.
func (f Field) Read() string { return fieldText(f.value, ", ", shortNumber) }

// Quoted is Read where fields stand in a row: a text that would be taken for
// several is in quotation marks.
func (f Field) Quoted() string {
	text := f.Read()
	if _, ok := f.value.(string); ok && strings.ContainsAny(text, " \t\n\"=") {
		return strconv.Quote(text)
	}
	return text
}

// On reports whether the field is true.
func (f Field) On() bool { return f.value == true }

// Value is the field as JSON, for those who print it again.
func (f Field) Value() any { return f.value }

func fieldText(v any, between string, number func(json.Number) string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return number(v)
	case []any:
		words := make([]string, len(v))
		for i, e := range v {
			words[i] = fieldText(e, between, number)
		}
		return strings.Join(words, between)
	case map[string]any:
		if raw, err := json.Marshal(v); err == nil {
			return string(raw)
		}
	}
	return fmt.Sprint(v)
}

// shortNumber shortens a number that is not whole.
func shortNumber(n json.Number) string {
	if _, err := n.Int64(); err == nil {
		return n.String()
	}
	v, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return ShortNumber(v)
}

// ShortNumber writes a number for people: with four decimals, or as many as its
// first four digits need, and without a power of ten unless it is past all use.
func ShortNumber(v float64) string {
	decimals := 4
	if v != 0 {
		decimals = max(decimals, 3-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	if decimals > 12 || math.Abs(v) >= math.MaxInt64 || math.IsNaN(v) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
