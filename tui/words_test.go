package tui

import (
	"math"
	"testing"
	"time"

	"sextant/tui/theme"
)

func TestNumbers(t *testing.T) {
	th := theme.New(theme.Mode{})
	for _, c := range []struct{ got, want string }{
		{number(math.NaN(), 2), "–"}, {number(math.Inf(-1), 2), "–"}, {number(-0.001, 2), "0.00"}, {number(-1.005, 2), "-1.00"}, {optional(nil, 2), "–"},
		{probability(nil, 2), "–"}, {kpiText("P", ptr(0.9999)), "> 0.999"}, {kpiText("S", ptr(0.9999)), "1.000"},
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(-1234567), "-1,234,567"},
		{plural(th, 1, "%s day", "%s days"), "1 day"}, {plural(th, 0, "%s day", "%s days"), "0 days"},
		{signed(0.07), "+0.07"}, {signed(-0.07), "-0.07"}, {signed(0.001), "0.00"}, {signed(math.NaN()), "–"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	th := theme.New(theme.Mode{})
	for _, c := range []struct{ got, want string }{
		{shortDuration(th, -time.Second), "0 ms"}, {shortDuration(th, 950*time.Millisecond), "950 ms"}, {shortDuration(th, 9990*time.Millisecond), "9.9 s"},
		{shortDuration(th, 61*time.Second), "1 m 01 s"}, {shortDuration(th, 3*time.Hour), "3 h 00 m"}, {shortDuration(th, 50*time.Hour), "2 d"},
		{age(th, 59*time.Second), "59 s"}, {age(th, 47*time.Hour), "47 h"}, {age(th, 48*time.Hour), "2 d"},
		{in(th, fixedNow, fixedNow.Add(-time.Second)), "now"}, {in(th, fixedNow, fixedNow.Add(time.Hour)), "in 1 h"},
		{clock(fixedNow, fixedNow), "22:58"}, {clock(fixedNow, fixedNow.Add(2*time.Hour)), "11-23 00:58"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestAbilityWords(t *testing.T) {
	th := theme.New(theme.Mode{})
	for _, c := range []struct {
		theta float64
		se    *float64
		want  string
	}{
		{0.1, ptr(0.2), "average, known well"},
		{1, ptr(0.4), "above average, known fairly well"},
		{-2.4, ptr(0.9), "far below average, still uncertain"},
		{2.4, nil, "far above average, precision unknown"},
		{math.NaN(), nil, "no estimate"},
	} {
		if got := abilityWords(th, c.theta, c.se); got != c.want {
			t.Errorf("%v: %q, want %q", c.theta, got, c.want)
		}
	}
}

func TestScheduleWords(t *testing.T) {
	th := theme.New(theme.Mode{})
	for cron, want := range map[string]string{
		"":              "on events, as sessions end",
		"0 2 * * *":     "every day at 02:00 UTC",
		"10 2 * * *":    "every day at 02:10 UTC",
		"0 4 * * 1":     "every Monday at 04:00 UTC",
		"30 6 * * 7":    "every Sunday at 06:30 UTC",
		"*/15 * * * *":  "every 15 minutes",
		"5 * * * *":     "every hour at :05",
		"0 3 1 * *":     "on day 1 of every month at 03:00 UTC",
		"0 3 1 6 *":     "cron 0 3 1 6 * (UTC)",
		"0 9-17 * * *":  "cron 0 9-17 * * * (UTC)",
		"not a cron at": "cron not a cron at (UTC)",
	} {
		if got := scheduleWords(th, cron); got != want {
			t.Errorf("%q: %q, want %q", cron, got, want)
		}
	}
}

func TestRank(t *testing.T) {
	names := []string{"aggregate-features-daily", "compute-daily-kpis", "mirt-calibrate", "learners", "learner"}
	for word, want := range map[string]int{"calib": 2, "kpis": 1, "mcal": 2, "learner": 4, "afd": 0} {
		if got := rank(word, names); len(got) == 0 || got[0] != want {
			t.Errorf("%q ranks %v, want %d first", word, got, want)
		}
	}
	if got := rank("xyz", names); len(got) != 0 {
		t.Errorf("xyz ranks %v", got)
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"김서연": "김서연", "a@b.kr": "a@b.kr", "two words": "'two words'", "it's": `'it'\''s'`, "": "''", "$(rm)": "'$(rm)'"} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
