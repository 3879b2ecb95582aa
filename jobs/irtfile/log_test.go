package irtfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"sextant/jobs/irtfile"
)

// readLog reads a log to its end: the answers, and the problems by line.
func readLog(t *testing.T, text string) (answers []irtfile.LogAnswer, problems []irtfile.LogProblem) {
	t.Helper()
	l, err := irtfile.NewLogReader(strings.NewReader(text), false)
	if err != nil {
		t.Fatal(err)
	}
	for {
		a, found, ok, err := l.Next()
		if errors.Is(err, io.EOF) {
			return answers, problems
		}
		if err != nil {
			t.Fatal(err)
		}
		problems = append(problems, found...)
		if ok {
			answers = append(answers, a)
		}
	}
}

func TestLogMoments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-01T10:00:00Z": "2026-03-01T10:00:00Z", "2026-03-01 10:00:00": "2026-03-01T10:00:00Z", "2026-03-01T10:00": "2026-03-01T10:00:00Z",
		"2026-03-01T10:00:00.25+09:00": "2026-03-01T01:00:00.25Z", "2026-03-01 10:00:00+09": "2026-03-01T01:00:00Z", "2026-03-01 10:00:00-0330": "2026-03-01T13:30:00Z",
		"2026-03-01 10:00:00 UTC": "2026-03-01T10:00:00Z", "2026-03-01": "2026-03-01T00:00:00Z", "1772359200": "2026-03-01T10:00:00Z",
		"1772359200.5": "2026-03-01T10:00:00.5Z", "1772359200123": "2026-03-01T10:00:00.123Z", "2024-02-29T23:59:59.9999999Z": "2024-03-01T00:00:00Z",
		"": "", "yesterday": "", "2026-02-30": "", "2026-03-01T25:00:00Z": "", "20260301": "", "0000-01-01": "", "NaN": "", "infinity": "", "01/03/2026": "",
	} {
		answers, problems := readLog(t, "user_id,item_id,is_correct,responded_at\nu,1,1,"+text+"\n")
		switch {
		case want == "" && (len(answers) != 0 || len(problems) != 1 || problems[0].Line != 2):
			t.Errorf("%q is read as %+v, %+v", text, answers, problems)
		case want != "" && (len(answers) != 1 || answers[0].At.Format(time.RFC3339Nano) != want):
			t.Errorf("%q is read as %+v, %+v; want %s", text, answers, problems, want)
		}
	}
}

// Columns stand in any order; lines are counted across quoted line breaks; a
// broken row costs that row.
func TestLogRows(t *testing.T) {
	t.Parallel()
	answers, problems := readLog(t, "\ufeffHINTS,Topic_ID, item_id ,responded_at,note,user_id,is_correct\r\n"+
		"2,\"al\ngebra\",7,2026-03-01,x,\"kim, \"\"K\"\"\",T\r\n"+
		",,8,2026-03-02,x,lee,off\r\n"+
		"-1,,9,2026-03-03,x,lee,1\r\n"+
		",,,2026-03-03,x,,2\r\n"+
		"a\"b,,9,2026-03-03,x,lee,1\r\n"+
		",,10,2026-03-04,x,lee,0\r\n")
	if len(answers) != 4 {
		t.Fatalf("%d answers: %+v; %+v", len(answers), answers, problems)
	}
	a := answers[0]
	if a.User != `kim, "K"` || a.Item != "7" || !a.Correct || *a.Hints != 2 || *a.Topic != "al\ngebra" || a.Session != nil || a.Time != nil || a.Line != 2 {
		t.Errorf("the first: %+v", a)
	}
	if answers[1].Correct || answers[1].Hints != nil || answers[1].Line != 4 || answers[2].Hints != nil {
		t.Errorf("the next: %+v", answers[1:])
	}
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if len(problems) != 5 || lines[0] != 5 || !problems[0].Kept || lines[1] != 6 || lines[3] != 6 || lines[4] != 7 {
		t.Errorf("problems: %+v", problems)
	}
}

func FuzzLog(f *testing.F) {
	f.Add("user_id,item_id,is_correct,responded_at\nu,1,1,2026-03-01\n")
	f.Add("user_id,item_id,is_correct,responded_at,hints\nu,1,t,1772359200,\"3\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := irtfile.NewLogReader(strings.NewReader(text), true)
		for err == nil {
			var a irtfile.LogAnswer
			var problems []irtfile.LogProblem
			var ok bool
			if a, problems, ok, err = l.Next(); err != nil {
				break
			}
			if ok && (a.User == "" || a.Item == "" || a.At.IsZero() || a.Line < 2) || !ok && len(problems) == 0 {
				t.Fatalf("%q: %+v, %v, %+v", text, a, ok, problems)
			}
		}
	})
}
