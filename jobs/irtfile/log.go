package irtfile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The columns of an answer log.
const (
	columnVerdict = "is_correct"
	columnMoment  = "responded_at"
	columnSession = "session_id"
	columnTopic   = "topic_id"
	columnTime    = "response_time_ms"
	columnHints   = "hints"
)

var (
	logColumns  = []string{columnUser, columnItem, columnVerdict, columnMoment, columnSession, columnTopic, columnTime, columnHints}
	logRequired = logColumns[:4]
)

// LogAnswer is a row of an answer log; what a row leaves out is nil.
type LogAnswer struct {
	Line       int // of the file, from 1
	User, Item string
	Correct    bool
	At         time.Time
	Session    *string
	Topic      *string
	Time       *int // in ms
	Hints      *int
}

// LogProblem is what is wrong with a row of an answer log.
type LogProblem struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
	Kept   bool   `json:"kept"` // the answer can be had without the field that is wrong
}

// LogReader reads an answer log row by row.
type LogReader struct {
	Ignored []string // columns that mean nothing to it
	r       *reader
	at      [8]int // field of each of logColumns, -1 for none
	width   int
	whole   bool
	moments momentParser
}

// NewLogReader reads the header of an answer log: CSV, plain or gzipped, with
// the columns user_id, item_id, is_correct and responded_at, and perhaps
// session_id, topic_id, response_time_ms and hints, in any order. With
// wholeItems, an item is a whole number.
func NewLogReader(in io.Reader, wholeItems bool) (*LogReader, error) {
	r, header, err := openTable(in)
	if err != nil {
		return nil, err
	}
	l := &LogReader{r: r, width: len(header), whole: wholeItems}
	for i := range l.at {
		l.at[i] = -1
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		at := slices.Index(logColumns, name)
		switch {
		case at < 0:
			l.Ignored = append(l.Ignored, strings.Clone(name))
		case l.at[at] >= 0:
			return nil, r.errorf(i, "column %s is in the header twice", name)
		default:
			l.at[at] = i
		}
	}
	for i, name := range logRequired {
		if l.at[i] < 0 {
			return nil, r.errorf(0, "the header lacks the column %s; it needs %s", name, strings.Join(logRequired, ", "))
		}
	}
	return l, nil
}

// Next is the next answer, io.EOF after the last. What is wrong with a row
// stands in problems; ok reports whether there is an answer all the same.
func (l *LogReader) Next() (a LogAnswer, problems []LogProblem, ok bool, err error) {
	record, err := l.r.next()
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return a, []LogProblem{{Line: syntax.Line, Reason: syntax.Problem}}, false, nil
	}
	if err != nil {
		return a, nil, false, err
	}
	a.Line, _ = l.r.csv.FieldPos(0)
	row := logRow{a: &a}
	if len(record) != l.width {
		row.lose("%d fields, but the header has %d", len(record), l.width)
		return a, row.problems, false, nil
	}
	l.read(record, &row)
	return a, row.problems, !row.lost, nil
}

// logRow is a row as it is read.
type logRow struct {
	a        *LogAnswer
	problems []LogProblem
	lost     bool
}

func (r *logRow) lose(format string, args ...any) {
	r.lost = true
	r.problems = append(r.problems, LogProblem{Line: r.a.Line, Reason: fmt.Sprintf(format, args...)})
}

func (r *logRow) note(format string, args ...any) {
	r.problems = append(r.problems, LogProblem{Line: r.a.Line, Reason: fmt.Sprintf(format, args...), Kept: true})
}

func (l *LogReader) read(record []string, row *logRow) {
	field := func(column int) string {
		if l.at[column] < 0 {
			return ""
		}
		return record[l.at[column]]
	}
	a := row.a
	for i, into := range []*string{&a.User, &a.Item} {
		text := strings.TrimSpace(field(i))
		switch {
		case text == "":
			row.lose("no %s", logColumns[i])
		case !storable(text):
			row.lose("%s is not UTF-8 text", logColumns[i])
		}
		*into = strings.Clone(text)
	}
	if l.whole && a.Item != "" {
		if _, err := strconv.ParseInt(a.Item, 10, 64); err != nil {
			row.lose("item_id %s is no whole number, and the table responses holds such", strconv.Quote(a.Item))
		}
	}
	var known bool
	if a.Correct, known = readVerdict(field(2)); !known {
		row.lose("is_correct %s is no verdict: use true or false, 1 or 0", strconv.Quote(field(2)))
	}
	if a.At, known = l.moments.parse(strings.TrimSpace(field(3))); !known {
		row.lose("responded_at %s is no moment: use ISO 8601, as 2026-03-01T09:30:00Z, or Unix seconds", strconv.Quote(field(3)))
	}
	a.Session, a.Topic = row.text(columnSession, field(4)), row.text(columnTopic, field(5))
	a.Time, a.Hints = row.number(columnTime, field(6)), row.number(columnHints, field(7))
}

// text is an optional text; an empty one is none.
func (r *logRow) text(column, text string) *string {
	switch {
	case text == "":
		return nil
	case !storable(text):
		r.note("%s is not UTF-8 text", column)
		return nil
	}
	text = strings.Clone(text)
	return &text
}

// number is an optional number that is not negative, rounded to a whole one.
func (r *logRow) number(column, text string) *int {
	text = strings.TrimSpace(text)
	if text == "" || text == "NA" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v < math.MaxInt32) {
		r.note("%s %s is no count", column, strconv.Quote(text))
		return nil
	}
	n := int(math.Round(v))
	return &n
}

// storable reports whether PostgreSQL has a text for it.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// readVerdict reads what PostgreSQL's boolean cast reads.
func readVerdict(text string) (correct, known bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "t", "tr", "tru", "true", "y", "ye", "yes", "on", "1":
		return true, true
	case "f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0":
		return false, true
	}
	return false, false
}

// momentParser reads moments; files hold one form of them, so that the form of
// the last is tried first.
type momentParser struct{ last string }

// A fraction of a second is read after any second, whether a form has it or not.
var momentForms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07", "2006-01-02T15:04:05Z07", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 UTC",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// parse reads a moment; one without a zone is UTC.
func (p *momentParser) parse(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, false
	}
	if p.last != "" {
		if t, err := time.Parse(p.last, text); err == nil {
			return inCalendar(t)
		}
	}
	if strings.Trim(text, "0123456789.") == "" {
		if seconds, err := strconv.ParseFloat(text, 64); err == nil && len(text) >= 9 {
			if seconds >= 1e11 { // milliseconds
				seconds /= 1000
			}
			return inCalendar(time.UnixMicro(int64(math.Round(seconds * 1e6))))
		}
	}
	for _, form := range momentForms {
		if t, err := time.Parse(form, text); err == nil {
			p.last = form
			return inCalendar(t)
		}
	}
	return time.Time{}, false
}

// inCalendar refuses years that a date cannot be written for.
func inCalendar(t time.Time) (time.Time, bool) {
	t = t.UTC().Round(time.Microsecond)
	return t, t.Year() >= 1 && t.Year() <= 9999
}
