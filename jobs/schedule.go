package jobs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"sextant/db"
)

// Setting is what a configuration changes of a stage; nil fields change nothing.
type Setting struct {
	Schedule *string
	Grace    *time.Duration
	Enabled  *bool
	PingURL  *string
}

// With is the registry with settings applied, by stage name.
func (r *Registry) With(settings map[string]Setting) (*Registry, error) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if err := r.CheckSetting(name, settings[name]); err != nil {
			return nil, err
		}
	}
	out := &Registry{stages: slices.Clone(r.stages)}
	for i, st := range out.stages {
		info := st.Info()
		s, ok := settings[info.Name]
		if !ok {
			continue
		}
		if s.Schedule != nil {
			info.Schedule = strings.Join(strings.Fields(*s.Schedule), " ")
		}
		if s.Grace != nil {
			info.Grace = *s.Grace
		}
		if s.Enabled != nil {
			info.Off = !*s.Enabled
		}
		if s.PingURL != nil {
			info.PingURL = *s.PingURL
		}
		out.stages[i] = configured{st, info}
	}
	return out, nil
}

// CheckSetting says what is wrong with the settings of a stage.
func (r *Registry) CheckSetting(name string, s Setting) error {
	st, err := r.Find(name)
	if err != nil {
		return err
	}
	info := st.Info()
	switch {
	case info.Step:
		return usagef("%s is a step that every stage runs first; it has no schedule of its own", name)
	case s.Schedule != nil && info.Schedule == "":
		return usagef("%s runs when a session finishes; it takes no schedule", name)
	case s.Grace != nil && *s.Grace < 0:
		return usagef("grace: %s is negative", *s.Grace)
	}
	if s.Schedule != nil {
		if _, err := ParseCron(*s.Schedule); err != nil {
			return err
		}
	}
	if s.PingURL != nil {
		return checkPingURL(*s.PingURL)
	}
	return nil
}

// configured is a stage as a configuration has it.
type configured struct {
	Stage
	info Info
}

// Info describes the stage as configured.
func (c configured) Info() Info { return c.info }

// plain is the stage itself, whatever a configuration makes of it.
func plain(s Stage) Stage {
	if c, ok := s.(configured); ok {
		return c.Stage
	}
	return s
}

// Cron is a schedule in UTC, each field as the values it stands for.
type Cron struct {
	Expr                                string
	Minute, Hour, MonthDay, Month, Week []int
}

var cronFields = []struct {
	name      string
	low, high int
	names     string // of the values from low on, three letters each
}{
	{"minute", 0, 59, ""}, {"hour", 0, 23, ""}, {"day of the month", 1, 31, ""},
	{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"}, {"weekday", 0, 6, "sunmontuewedthufrisat"},
}

var cronPart = regexp.MustCompile(`^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([0-9]+))?$`)

// ParseCron reads the five fields of a cron line. It takes what cron,
// Kubernetes and systemd all mean alike, so that one schedule serves them all:
// lists, ranges, steps and English names, but either a day of the month or a
// weekday, since with both some want either and some want both.
func ParseCron(expr string) (Cron, error) {
	fields := strings.Fields(expr)
	if len(fields) != len(cronFields) {
		return Cron{}, usagef("schedule %q: write five fields (minute, hour, day of the month, month, weekday), as in \"15 1 * * *\"", expr)
	}
	c := Cron{Expr: strings.Join(fields, " ")}
	for i, into := range []*[]int{&c.Minute, &c.Hour, &c.MonthDay, &c.Month, &c.Week} {
		var err error
		if *into, err = cronValues(fields[i], i); err != nil {
			return Cron{}, usagef("schedule %q: %s", expr, err)
		}
	}
	if len(c.MonthDay) < 31 && len(c.Week) < 7 {
		return Cron{}, usagef("schedule %q: give a day of the month or a weekday, not both: schedulers differ on what both mean", expr)
	}
	if _, err := gronx.NextTickAfter(c.Expr, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), true); err != nil {
		return Cron{}, usagef("schedule %q: no calendar has such a day", expr)
	}
	return c, nil
}

// cronValues expands one field, ascending.
func cronValues(field string, i int) ([]int, error) {
	f := cronFields[i]
	var on [60]bool
	for _, part := range strings.Split(strings.ToLower(field), ",") {
		m := cronPart.FindStringSubmatch(part)
		if m == nil || m[4] != "" && m[1] == "" && m[3] == "" {
			return nil, fmt.Errorf("%q is no %s", part, f.name)
		}
		low, high, step := f.low, f.high, 1
		var errs [3]error
		if m[1] == "" {
			low, errs[0] = cronValue(m[2], i)
			if high = low; m[3] != "" {
				high, errs[1] = cronValue(m[3], i)
			}
		}
		if m[4] != "" {
			step, errs[2] = strconv.Atoi(m[4])
		}
		for _, err := range errs {
			if err != nil {
				return nil, err
			}
		}
		if low > high || step < 1 {
			return nil, fmt.Errorf("%q is no %s", part, f.name)
		}
		for v := low; v <= high; v += step {
			on[v] = true
		}
	}
	var values []int
	for v, yes := range on {
		if yes {
			values = append(values, v)
		}
	}
	return values, nil
}

func cronValue(word string, i int) (int, error) {
	f := cronFields[i]
	if at := strings.Index(f.names, word); len(word) == 3 && at >= 0 && at%3 == 0 {
		return f.low + at/3, nil
	}
	v, err := strconv.Atoi(word)
	if err != nil || v < f.low || v > f.high {
		return 0, fmt.Errorf("%q is no %s from %d to %d", word, f.name, f.low, f.high)
	}
	return v, nil
}

// due is the newest data day that should be published at a moment, and since
// when. A stage publishes the last complete day; of several ticks a day, the
// first is the one that a day is due at.
func due(schedule string, now time.Time) (day db.Day, deadline, next time.Time, err error) {
	last, err := gronx.PrevTickBefore(schedule, now, true)
	if err == nil {
		deadline, err = gronx.NextTickAfter(schedule, db.DayOf(last).Start(), true)
	}
	if err == nil {
		next, err = gronx.NextTickAfter(schedule, now, false)
	}
	if err != nil {
		return day, deadline, next, fmt.Errorf("schedule %q: %w", schedule, err)
	}
	return db.DayOf(deadline).Add(-1), deadline, next, nil
}
