package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sextant/db"
)

// fields are the paths of all object keys in a JSON text, but for those of
// parameters, which are a stage's own.
func fields(t *testing.T, text string) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found := map[string]bool{}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(path+"[]", e)
			}
		case map[string]any:
			for k, e := range v {
				found[strings.TrimPrefix(path+"."+k, ".")] = true
				if k != "params" && k != "attrs" {
					walk(path+"."+k, e)
				}
			}
		}
	}
	walk("", v)
	return slices.Sorted(maps.Keys(found))
}

var snake = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// TestJSONFieldsAreStable holds what scripts rely on: names that go away or
// change break them; new ones do not, so they need only be added here.
func TestJSONFieldsAreStable(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	run := read[[]db.Run](b, "runs")[0].ID.String()
	const runFields = "id stage params window_from window_to trigger actor reason host pid version status created_at started_at finished_at " +
		"heartbeat_at cancel_requested_at cancel_requested_by units_done units_total rows_read rows_written error"
	of := func(prefix, names string) string { return prefix + strings.ReplaceAll(names, " ", " "+prefix) }
	for _, tt := range []struct{ args, want string }{
		{"status", "at source answers synced_at stages " + of("stages[].", "name summary schedule upstream slice state why data_day due_day lag_days deadline next_run last_run") +
			" " + of("stages[].last_run.", runFields)},
		{"status aggregate-features-daily", "name summary schedule upstream slice state why data_day due_day lag_days deadline next_run last_run " +
			of("calendar[].", "day ends published_at complete changed answers") + " " + of("parameters[].", "name kind env default min help") + " " + of("runs[].", runFields)},
		{"runs", of("[].", runFields)},
		{"runs show " + run, runFields + " events failures command " + of("events[].", "seq at level message attrs")},
		{"learner list", of("[].", "user_id first_at last_at answers sessions theta se")},
		{"theta show " + user, "user_id first_at last_at sessions ability topics trajectory " + of("ability.", "theta se model version fitted_at") +
			" " + of("topics[].", "topic_id theta se model version fitted_at")},
		{"theta history " + user, of("[].", "topic_id theta se n_answers model version source run_id as_of estimated_at")},
		{"theta recompute --dry-run " + user, of("[].", "user_id outcome old new as_of lookback_days prior_mean prior_sd version calibration used left_out unsynced_sessions") +
			" " + of("[].used[].", "item_id topic_id correct answered_at a b c expected from")},
		{"run aggregate-features-daily --dry-run", "stage from to slices notes unsynced_sessions command " + of("slices[].", "day skip reason learners answers")},
		{"run aggregate-features-daily", runFields},
		{"doctor", "at database server schema schema_wanted source reader problems " + of("platform[].", "name kind rows lacks on_exam_results") + " " +
			of("published[].", "table missing columns wrong") + " " + of("forecast.", "answers lost sample timed_out") + " " + of("forecast.reasons[].", "reason count") +
			" " + of("comparison.", "sessions same only_attempt only_exam_results timed_out failure") + " " + of("findings[].", "level check what command")},
		{"doctor --grants", "sql"},
		{"version", "version commit go schema"},
		{"db status", "database ready schema schema_wanted private_server"},
		{"db migrate", "from to applied"},
		{"db url", "url"},
	} {
		got := fields(t, b.ok(append(strings.Fields(tt.args), "--json", "--quiet")...))
		for _, want := range strings.Fields(tt.want) {
			if !slices.Contains(got, want) {
				t.Errorf("sextant %s --json has no field %s", tt.args, want)
			}
		}
		for _, path := range got {
			name := path[strings.LastIndex(path, ".")+1:]
			kpi := slices.ContainsFunc(db.Formulas(), func(f db.Formula) bool { return f.Key == name }) // called so on the platform
			if !kpi && !strings.Contains(path, "params.") && !strings.Contains(path, "attrs.") && !snake.MatchString(name) {
				t.Errorf("sextant %s --json: field %s is not snake_case", tt.args, path)
			}
		}
	}
}

func TestLogsAreJSONLines(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	run := read[[]db.Run](b, "runs")[0].ID.String()
	lines := strings.Split(strings.TrimSpace(b.ok("runs", "logs", run, "--json")), "\n")
	if len(lines) < 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var e db.RunEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Message == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestHomeOffATerminalIsTheStatusTable(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	if home, status := b.ok(), b.ok("status"); home != status || !strings.Contains(home, "NEXT RUN") {
		t.Errorf("sextant printed\n%s\nsextant status\n%s", home, status)
	}
	if r := b.sextant("status", "--check", "--quiet"); r.code != exitDone || r.out != "" {
		t.Errorf("--check on a pipeline that never ran: exit %d, printed %q", r.code, r.out)
	}
}

func TestStatusCheckTellsMonitors(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.ok("status", "--check")
	if _, err := b.pool().Exec(t.Context(), `DELETE FROM sextant.published WHERE stage = 'mirt-calibrate' AND data_day > current_date - 6`); err != nil {
		t.Fatal(err)
	}
	if r := b.sextant("status", "--check"); r.code != exitFailed || r.errOut != "" || !strings.Contains(r.out, "mirt-calibrate: ") {
		t.Errorf("exit %d, printed %q %q", r.code, r.out, r.errOut)
	}
}

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	a := newTestApp(map[string]string{}, strings.NewReader(""), &out, &out)
	a.errTTY, a.global.logFormat, a.clock = true, "text", func() time.Time { return at }
	p := newProgress(a, "mirt-calibrate")
	run := db.Run{Status: db.RunRunning, StartedAt: ptr(at.Add(-90 * time.Second))}
	p.observe(run, db.RunProgress{UnitsDone: 1, UnitsTotal: 4, RowsWritten: 1200})
	p.log.Info("hidden: the bar tells it")
	p.log.Warn("shown")
	p.finish()
	bar := "mirt-calibrate [######------------------] 1/4  1m30s  1,200 rows written"
	got := regexp.MustCompile(`time=\S+ `).ReplaceAllString(out.String(), "")
	if want := clearLine + bar + clearLine + "level=WARN msg=shown\n" + bar + clearLine; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	out.Reset()
	a.errTTY = false
	p = newProgress(a, "mirt-calibrate")
	for i := range 25 {
		a.clock = func() time.Time { return at.Add(time.Duration(i) * time.Second) }
		p.observe(run, db.RunProgress{UnitsDone: i, UnitsTotal: 25})
	}
	p.finish()
	if n := strings.Count(out.String(), `msg="under way"`); n != 2 || strings.Contains(out.String(), "\r") {
		t.Errorf("%d lines in 25 s, want one every 10 s:\n%s", n, out.String())
	}
}

func TestCompletionKnowsTheStages(t *testing.T) {
	b := benchOn(t, "")
	for _, args := range []string{"run mirt", "runs --stage mirt"} {
		if out := b.ok(append([]string{"__complete"}, strings.Fields(args)...)...); !strings.Contains(out, "mirt-calibrate") {
			t.Errorf("completing %q gives %q", args, out)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := b.ok("completion", shell); !strings.Contains(out, "sextant") {
			t.Errorf("completion %s: %q", shell, out)
		}
	}
}

func TestHelpNamesFlagsEnvironmentAndExitCodes(t *testing.T) {
	b := benchOn(t, "")
	for args, words := range map[string][]string{
		"--help":                              {"Exit codes: 0 done", "--profile", "sextant demo"},
		"run --help":                          {"mirt-calibrate", "--dry-run"},
		"run aggregate-features-daily --help": {"--from YYYY-MM-DD", "[$AGG_LOOKBACK_DAYS] (default 7)", "[$DRY_RUN]", "--user learner"},
		"theta recompute --help":              {"[$MIRT_LOOKBACK_DAYS] (default 30)", "--yes"},
		"demo --help":                         {"--learners int", "(default 2000)", "--reset"},
	} {
		out := b.ok(strings.Fields(args)...)
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("sextant %s does not say %q:\n%s", args, w, out)
			}
		}
		if strings.Contains(out, "--id ") {
			t.Errorf("sextant %s shows a hidden flag", args)
		}
		for i, line := range strings.Split(out, "\n") {
			if n := len([]rune(line)); n > 120 {
				t.Errorf("sextant %s: line %d is %d wide", args, i+1, n)
			}
		}
	}
}
