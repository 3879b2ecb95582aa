// Package irtfile reads and writes the files the engine works on from a shell:
// answers and item parameters as CSV, calibrations and scores as JSON.
package irtfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sextant/irt"
)

// Answers are the answers of a file with the names it uses.
type Answers struct {
	Responses *irt.Responses
	Persons   []string // in order of appearance
	Items     []string
}

// The errors of files as a whole.
var (
	ErrEmpty  = errors.New("the file is empty")
	ErrNoRows = errors.New("the file has a header but no rows")
)

// SyntaxError says what is wrong where; lines and columns count from 1,
// columns in bytes.
type SyntaxError struct {
	Line, Column int
	Problem      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// The columns of the long form.
const (
	columnUser    = "user_id"
	columnItem    = "item_id"
	columnCorrect = "correct"
)

// ReadResponses reads answers from CSV, plain or gzipped, in one of two forms
// told apart by the header: long, with the columns user_id, item_id and correct
// among others, a row an answer; or wide, with item names, a row a person, whose
// name is in a first column user_id if there is one and else the row's number.
// An answer is 1, 0, or for none NA or nothing. Whatever else the file holds is
// a *SyntaxError with its place.
func ReadResponses(in io.Reader) (*Answers, error) {
	r, header, err := openTable(in)
	if err != nil {
		return nil, err
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if long := longColumns(header); long != nil {
		return r.readLong(long, len(header))
	}
	return r.readWide(header)
}

// reader is a CSV reader that knows where it is.
type reader struct{ csv *csv.Reader }

// openTable reads a table's header; the rest is the reader's.
func openTable(in io.Reader) (*reader, []string, error) {
	r, err := newReader(in)
	if err != nil {
		return nil, nil, err
	}
	header, err := r.next()
	if errors.Is(err, io.EOF) {
		err = ErrEmpty
	}
	return r, header, err
}

// newReader unpacks gzip, which it knows by its first bytes, and skips a byte
// order mark.
func newReader(in io.Reader) (*reader, error) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	if magic, err := buffered.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, cutShort(err)
		}
		buffered = bufio.NewReaderSize(unpacked, 1<<16)
	}
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		buffered.Discard(3) //nolint:errcheck // just peeked at
	}
	c := csv.NewReader(buffered)
	c.ReuseRecord = true
	c.FieldsPerRecord = -1
	return &reader{csv: c}, nil
}

// next is the next record, valid until the one after.
func (r *reader) next() ([]string, error) {
	record, err := r.csv.Read()
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return nil, &SyntaxError{Line: parse.Line, Column: parse.Column, Problem: parse.Err.Error()}
	}
	return record, cutShort(err)
}

// cutShort says of a gzipped file that ends in the middle what it is.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the gzipped file is cut short: it ends before its content does")
	}
	return err
}

func (r *reader) errorf(field int, format string, args ...any) error {
	line, column := r.csv.FieldPos(field)
	return &SyntaxError{Line: line, Column: column, Problem: fmt.Sprintf(format, args...)}
}

// wideness checks a record's number of fields against the header's.
func (r *reader) wideness(record []string, want int) error {
	if len(record) == want {
		return nil
	}
	return r.errorf(0, "%d fields, but the header has %d", len(record), want)
}

// verdict reads an answer.
func (r *reader) verdict(field int, text string) (correct, answered bool, err error) {
	switch strings.TrimSpace(text) {
	case "1":
		return true, true, nil
	case "0":
		return false, true, nil
	case "", "NA":
		return false, false, nil
	}
	return false, false, r.errorf(field, "%s is no answer: use 1, 0, NA or nothing", strconv.Quote(text))
}

func (r *reader) readWide(header []string) (*Answers, error) {
	first := 0
	if strings.EqualFold(header[0], columnUser) {
		first = 1
	}
	out := &Answers{Items: header[first:]}
	if err := r.checkNames(header, first); err != nil {
		return nil, err
	}
	b := irt.NewBuilder(len(out.Items))
	seen := map[string]bool{}
	for {
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := r.wideness(record, len(header)); err != nil {
			return nil, err
		}
		name := strconv.Itoa(len(out.Persons) + 1)
		if first == 1 {
			if name = strings.Clone(record[0]); seen[name] {
				return nil, r.errorf(0, "user_id %q has a row above already", name)
			}
			seen[name] = true
		}
		out.Persons = append(out.Persons, name)
		b.NextPerson()
		for i, text := range record[first:] {
			correct, answered, err := r.verdict(first+i, text)
			if err != nil {
				return nil, err
			}
			if answered {
				if err := b.Add(i, correct); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(out.Persons) == 0 {
		return nil, ErrNoRows
	}
	var err error
	out.Responses, err = b.Build()
	return out, err
}

// checkNames wants every item of a wide header to have a name of its own.
func (r *reader) checkNames(header []string, first int) error {
	if len(header) == first {
		return r.errorf(0, "no item in the header")
	}
	seen := map[string]bool{}
	for i, name := range header[first:] {
		switch {
		case name == "":
			return r.errorf(first+i, "an item without a name")
		case seen[name]:
			return r.errorf(first+i, "item %q is in the header twice", name)
		}
		seen[name] = true
	}
	return nil
}

// Renumber gives the answers the item numbers of a bank of size items;
// number[i] is the bank's number of the file's item i, negative for answers to
// leave out.
func (a *Answers) Renumber(number []int, size int) (*irt.Responses, error) {
	b := irt.NewBuilder(size)
	b.Reserve(len(a.Persons), a.Responses.Answers())
	for p := range a.Responses.Persons() {
		b.NextPerson()
		var failed error
		a.Responses.Each(p, func(item int, correct bool) {
			if number[item] >= 0 && failed == nil {
				failed = b.Add(number[item], correct)
			}
		})
		if failed != nil {
			return nil, failed
		}
	}
	return b.Build()
}
