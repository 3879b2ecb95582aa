package irtfile

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
)

// WriteWide writes answers as ReadResponses reads them: a header of item names
// after user_id, a row a person, NA for no answer.
func WriteWide(w io.Writer, a *Answers) error {
	out := csv.NewWriter(bufio.NewWriterSize(w, 1<<16))
	if err := out.Write(append([]string{columnUser}, a.Items...)); err != nil {
		return err
	}
	row := make([]string, 1+len(a.Items))
	for p, name := range a.Persons {
		row[0] = name
		for i := range a.Items {
			row[1+i] = "NA"
		}
		a.Responses.Each(p, func(item int, correct bool) { row[1+item] = digit(correct) })
		if err := out.Write(row); err != nil {
			return err
		}
	}
	return flush(out)
}

// WriteLong writes answers a row each.
func WriteLong(w io.Writer, a *Answers) error {
	out := csv.NewWriter(bufio.NewWriterSize(w, 1<<16))
	if err := out.Write([]string{columnUser, columnItem, columnCorrect}); err != nil {
		return err
	}
	var failed error
	for p, name := range a.Persons {
		a.Responses.Each(p, func(item int, correct bool) {
			if failed == nil {
				failed = out.Write([]string{name, a.Items[item], digit(correct)})
			}
		})
		if failed != nil {
			return failed
		}
	}
	return flush(out)
}

// WriteAbilities writes known abilities a row each.
func WriteAbilities(w io.Writer, persons []string, theta []float64) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{columnUser, "theta"}); err != nil {
		return err
	}
	for p, name := range persons {
		if err := out.Write([]string{name, strconv.FormatFloat(theta[p], 'g', -1, 64)}); err != nil {
			return err
		}
	}
	return flush(out)
}

func flush(out *csv.Writer) error {
	out.Flush()
	return out.Error()
}

func digit(correct bool) string {
	if correct {
		return "1"
	}
	return "0"
}

// Number names n persons or items 1 … n with a prefix.
func Number(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = prefix + strconv.Itoa(i+1)
	}
	return out
}
