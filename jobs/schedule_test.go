package jobs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adhocore/gronx"
	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"sextant/db"
)

func TestSchedulesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		"":                               "five fields",
		"@daily":                         "five fields",
		"0 15 1 * * *":                   "five fields",
		"60 1 * * *":                     `"60" is no minute from 0 to 59`,
		"0 24 * * *":                     `"24" is no hour`,
		"0 3 * * 7":                      `"7" is no weekday from 0 to 6`,
		"0 3 * * funday":                 `"funday" is no weekday`,
		"0 3 5-2 * *":                    `"5-2" is no day of the month`,
		"*/0 * * * *":                    `"*/0" is no minute`,
		"5/15 * * * *":                   `"5/15" is no minute`,
		"0 3 L * *":                      `"l" is no day of the month`,
		"0 3 1 * 1":                      "not both",
		"0 3 30 feb *":                   "no calendar has such a day",
		"a b c d e":                      `"a" is no minute`,
		"1,,2 * * * *":                   `"" is no minute`,
		"0 3 * janfeb *":                 `"janfeb" is no month`,
		"0 99999999999 *":                "five fields",
		"*/99999999999999999999 * * * *": "value out of range",
	} {
		if _, err := ParseCron(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", expr, err, want)
		}
	}
}

// genCron draws schedules of the kinds people write, in the five fields.
func genCron(t *rapid.T) string {
	list := func(low, high int, name string) string {
		return rapid.OneOf(
			rapid.Just("*"),
			rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(low, high).Draw(t, name)) }),
			rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("*/%d", rapid.IntRange(1, high).Draw(t, name)) }),
			rapid.Custom(func(t *rapid.T) string {
				a := rapid.IntRange(low, high).Draw(t, name)
				return fmt.Sprintf("%d-%d", a, rapid.IntRange(a, high).Draw(t, name))
			}),
			rapid.Custom(func(t *rapid.T) string {
				return fmt.Sprintf("%d,%d", rapid.IntRange(low, high).Draw(t, name), rapid.IntRange(low, high).Draw(t, name))
			}),
		).Draw(t, name+"s")
	}
	day, week := "*", "*"
	switch rapid.IntRange(0, 3).Draw(t, "which days") {
	case 0:
		day = list(1, 31, "day")
	case 1:
		week = list(0, 6, "weekday")
	}
	month := "*"
	if rapid.IntRange(0, 3).Draw(t, "some months") == 0 {
		month = list(1, 12, "month")
	}
	return strings.Join([]string{list(0, 59, "minute"), list(0, 23, "hour"), day, month, week}, " ")
}

// ticks reports whether a schedule ticks at a minute, by its expanded fields.
func (c Cron) ticks(t time.Time) bool {
	return slices.Contains(c.Minute, t.Minute()) && slices.Contains(c.Hour, t.Hour()) && c.tickDay(t)
}

func (c Cron) tickDay(t time.Time) bool {
	return slices.Contains(c.MonthDay, t.Day()) && slices.Contains(c.Month, int(t.Month())) && slices.Contains(c.Week, int(t.Weekday()))
}

// The day due, its deadline and the next tick, against a search through days
// and minutes one by one: over year ends, leap days and months of all lengths.
func TestTheDayDueFollowsAnySchedule(t *testing.T) {
	t.Parallel()
	start := time.Date(2023, 12, 20, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		expr := genCron(t)
		c, err := ParseCron(expr)
		if err != nil {
			t.Skip(err.Error()) // 30 February and the like
		}
		now := start.Add(time.Duration(rapid.Int64Range(0, 5*366*86400).Draw(t, "seconds")) * time.Second)
		day, deadline, next, err := due(expr, now)
		if err != nil {
			t.Fatal(err)
		}
		firstOf := func(d time.Time, after time.Time) (time.Time, bool) { // the day's first tick from a moment on
			for m := d; m.Before(d.Add(24 * time.Hour)); m = m.Add(time.Minute) {
				if !m.Before(after) && c.ticks(m) {
					return m, true
				}
			}
			return d, false
		}
		today := db.DayOf(now).Start()
		for d := today; ; d = d.AddDate(0, 0, -1) {
			if !c.tickDay(d) {
				continue
			}
			if first, ok := firstOf(d, d); ok && !first.After(now) {
				if !deadline.Equal(first) || day != db.DayOf(first).Add(-1) {
					t.Fatalf("%s at %s: %s due at %s, want the day before %s", expr, now, day, deadline, first)
				}
				break
			}
		}
		for d := today; ; d = d.AddDate(0, 0, 1) {
			if !c.tickDay(d) {
				continue
			}
			if first, ok := firstOf(d, now.Add(time.Second)); ok {
				if !next.Equal(first) {
					t.Fatalf("%s at %s: next %s, want %s", expr, now, next, first)
				}
				break
			}
		}
	})
}

func TestManifestsSayTheSchedule(t *testing.T) {
	t.Parallel()
	weekly, off := "*/30 3-4 * * sun", false
	registry, err := Stages().With(map[string]Setting{
		calibrateStage:  {Schedule: &weekly},
		inactivityStage: {Enabled: &off},
	})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AGG_LOOKBACK_DAYS": "14", "MIRT_MODEL": `50% "odd" 'x'`, "DATABASE_URL": "postgres://u:hunter2@h/d"}
	m := Manifest{Program: "/opt/my tools/sextant", Image: "registry.example.org/sextant:1", Global: []string{"--profile", "night"}}
	list, err := registry.Scheduled(time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC), func(k string) string { return env[k] }, m)
	if err != nil {
		t.Fatal(err)
	}
	timed := map[string]string{} // schedule by stage
	for _, s := range list {
		if ok, _ := s.timed(); ok {
			timed[s.Stage] = s.Schedule
		}
	}
	if len(timed) < 3 || timed[calibrateStage] != weekly || timed[inactivityStage] != "" || timed[updateTheta] != "" {
		t.Fatalf("scheduled = %v", timed)
	}
	crontab, k8s, units := m.Crontab(list), m.Kubernetes(list), m.Systemd(list)
	if n := strings.Count(units, `ExecStart="/opt/my tools/sextant" --profile night worker`+"\n"); n != 1 {
		t.Errorf("%d workers among the units", n)
	}
	for name, text := range map[string]string{"crontab": crontab, "k8s": k8s, "systemd": units} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the %s shows the password", name)
		}
		if !strings.Contains(text, inactivityStage+" is switched off") {
			t.Errorf("the %s does not say what is left out", name)
		}
	}

	t.Run("crontab", func(t *testing.T) {
		t.Parallel()
		if !strings.Contains(crontab, "\nCRON_TZ=UTC\n") {
			t.Error("the time zone is not said")
		}
		lines := 0
		for line := range strings.Lines(crontab) {
			f := strings.Fields(line)
			if strings.HasPrefix(line, "#") || strings.Contains(f[0], "=") {
				continue
			}
			lines++
			expr := strings.Join(f[:5], " ")
			stage := f[slices.Index(f, "run")+1]
			if !gronx.IsValid(expr) || timed[stage] != expr {
				t.Errorf("%s runs at %q, want %q", stage, expr, timed[stage])
			}
		}
		if lines != len(timed) {
			t.Errorf("%d lines for %d stages", lines, len(timed))
		}
		if want := `MIRT_MODEL='50\% "odd" '\''x'\''' '/opt/my tools/sextant' --profile night run mirt-calibrate`; !strings.Contains(crontab, want) {
			t.Errorf("no %s in\n%s", want, crontab)
		}
	})
	t.Run("k8s", func(t *testing.T) {
		t.Parallel()
		type cronJob struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct {
				Schedule          string
				TimeZone          string `yaml:"timeZone"`
				ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
				JobTemplate       struct {
					Spec struct {
						Template struct {
							Spec struct {
								Containers []struct {
									Image   string
									Command []string
									Env     []EnvVar
								}
							}
						}
					}
				} `yaml:"jobTemplate"`
			}
		}
		seen := map[string]string{}
		for _, doc := range strings.Split(k8s, "---\n")[1:] {
			var j cronJob
			if err := yaml.Unmarshal([]byte(doc), &j); err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			if j.Kind == "Deployment" {
				continue // the worker, which has no schedule
			}
			if j.Kind != "CronJob" || j.Spec.TimeZone != "Etc/UTC" || j.Spec.ConcurrencyPolicy != "Forbid" {
				t.Errorf("%+v", j)
			}
			c := j.Spec.JobTemplate.Spec.Template.Spec.Containers[0]
			stage := strings.TrimPrefix(j.Metadata.Name, "sextant-")
			seen[stage] = j.Spec.Schedule
			if c.Image != m.Image || !slices.Equal(c.Command, m.words(stage)) {
				t.Errorf("%s runs %q in %s", stage, c.Command, c.Image)
			}
			if stage == calibrateStage && !slices.Equal(c.Env, []EnvVar{{"MIRT_MODEL", env["MIRT_MODEL"]}}) {
				t.Errorf("%s has %v", stage, c.Env)
			}
		}
		if !maps.Equal(seen, timed) {
			t.Errorf("CronJobs run %v, want %v", seen, timed)
		}
	})
	t.Run("systemd", func(t *testing.T) {
		t.Parallel()
		for _, want := range []string{
			"OnCalendar=*-*-* 01:15:00 UTC\n", "OnCalendar=Sun *-*-* 03,04:00,30:00 UTC\n",
			`ExecStart="/opt/my tools/sextant" --profile night run mirt-calibrate --trigger cron --quiet` + "\n",
		} {
			if strings.Count(units, want) != 1 {
				t.Errorf("not once in the units: %s", want)
			}
		}
		if n := strings.Count(units, `Environment="MIRT_MODEL=50%% \"odd\" 'x'"`+"\n"); n != 2 {
			t.Errorf("MIRT_MODEL is set in %d units, want the calibration's and the worker's", n)
		}
		if n := strings.Count(units, ".timer\n[Unit]\n"); n != len(timed) {
			t.Errorf("%d timers for %d stages", n, len(timed))
		}
	})
}
