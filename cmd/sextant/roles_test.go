package main

import (
	"context"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

// The three roles that `sextant doctor --grants` makes.
var grantedRoles = []string{"operator", "worker", "readonly"}

// underRoles is what a command does under operator, worker and readonly: its
// exit codes. What is refused is refused in one line that says why.
type underRoles struct {
	args  string
	codes [3]int
}

var (
	looks    = [3]int{exitDone, exitDone, exitDone}
	runs     = [3]int{exitDone, exitDone, exitUsage}         // a session that may only look is read-only
	operates = [3]int{exitDone, exitNotReady, exitUsage}     // a worker lacks the privilege
	owns     = [3]int{exitNotReady, exitNotReady, exitUsage} // the database's owner alone
)

// everyCommand says of every command how it goes under each role; a command that
// is missing here fails the test. USER, OTHER, ITEM and RUN stand for ones of
// the demo, CSV for a file of answers, LATER for a moment after its estimates.
var everyCommand = map[string][]underRoles{
	"status":      {{"--check", looks}, {"aggregate-features-daily", looks}},
	"schedule":    {{"", looks}},
	"runs show":   {{"RUN", looks}},
	"runs logs":   {{"RUN", looks}},
	"runs cancel": {{"RUN", [3]int{exitUsage, exitUsage, exitUsage}}}, // it has finished
	"runs diff":   {{"RUN RUN", looks}},
	"pause":       {{"mirt-calibrate --reason test", operates}, {"--history", looks}},
	"resume":      {{"mirt-calibrate", operates}},

	"run aggregate-features-daily": {{"--dry-run", looks}, {"--force", runs}},
	"run compute-daily-kpis":       {{"--dry-run", looks}, {"", runs}},
	"run detect-inactivity":        {{"--dry-run", looks}, {"", runs}},
	"run mirt-calibrate":           {{"--dry-run", looks}, {"", runs}},
	"run update-theta":             {{"--user USER --dry-run", looks}, {"--user USER", runs}},
	"run sync-answers":             {{"--dry-run", looks}, {"", runs}, {"--full", runs}, {"--full", runs}},
	"run generate-weekly-report":   {{"--dry-run", looks}, {"--out OUT", runs}},

	"report":          nil, // holds others
	"report generate": {{"--user USER --out OUT --force --dry-run", looks}, {"--user USER --out OUT --force", runs}},
	"report list":     {{"", looks}},
	"report open":     {{"USER", looks}},
	"report url":      {{"USER", looks}},
	"report prune":    {{"--dry-run", looks}, {"--older-than 400d --yes", runs}},
	"report template": nil, // no database

	"theta show":      {{"USER", looks}},
	"theta history":   {{"USER", looks}},
	"theta recompute": {{"USER --dry-run", looks}, {"USER", runs}},
	"kpi show":        {{"USER --explain", looks}},
	"learner list":    {{"", looks}},
	"learner forget":  {{"OTHER --dry-run", looks}, {"OTHER --yes", operates}},
	"prune":           {{"--dry-run", looks}, {"--older-than 90d --yes", operates}},
	"theta why":       {{"USER", looks}},
	"theta restore":   {{"USER --at LATER --dry-run", looks}, {"USER --at LATER --yes", runs}},
	"items list":      {{"", looks}},
	"items show":      {{"ITEM", looks}},
	"items bank":      {{"", looks}},
	"items refused":   {{"CALIBRATION", looks}},
	"quarantine":      {{"", looks}},
	"quarantine list": {{"", looks}},
	"quarantine show": {{"no_verdict", looks}},
	"worker":          nil, // see TestWorkerUnderItsRole
	"worker list":     {{"", looks}},
	"worker status":   {{"", looks}},
	// A trigger on the platform's tables takes their owner.
	"worker install":   {{"", [3]int{exitNotReady, exitNotReady, exitNotReady}}},
	"worker uninstall": {{"", looks}}, // there is none
	"explain":          {{"P", looks}},

	"doctor":              {{"--grants", looks}},
	"import":              {{"--responses CSV --force --dry-run", looks}, {"--responses CSV --force", owns}, {"--responses CSV", [3]int{exitUsage, exitUsage, exitUsage}}},
	"demo":                {{"--reset", [3]int{exitNotReady, exitNotReady, exitNotReady}}},
	"demo finish-session": {{"USER", [3]int{exitNotReady, exitNotReady, exitNotReady}}}, // it writes as the platform
	"db migrate":          {{"", looks}},                                                // there is nothing to do
	"db status":           {{"", looks}},
	"db url":              {{"", looks}},
	"db up":               {{"", [3]int{exitUsage, exitUsage, exitUsage}}}, // the database is not the private server's
	"db down":             {{"", [3]int{exitUsage, exitUsage, exitUsage}}},

	"items": nil, "run": nil, "runs": {{"", looks}}, "theta": nil, "kpi": nil, "learner": nil, "db": nil, "irt": nil, "completion": nil, // hold others
	"irt fit": nil, "irt score": nil, "irt simulate": nil, "version": nil, "help": nil, // no database
	"completion bash": nil, "completion fish": nil, "completion powershell": nil, "completion zsh": nil,
}

// commandsBelow names every command below one, those that only hold others too.
func commandsBelow(cmd *cobra.Command, name string) (found []string) {
	for _, sub := range cmd.Commands() {
		path := strings.TrimSpace(name + " " + sub.Name())
		found = append(append(found, path), commandsBelow(sub, path)...)
	}
	return found
}

func TestEveryCommandUnderEachRole(t *testing.T) {
	t.Parallel()
	commands := commandsBelow(newRootCmd(&app{getenv: func(string) string { return "" }}), "")
	for _, c := range commands {
		if _, ok := everyCommand[c]; !ok {
			t.Errorf("everyCommand does not say how 'sextant %s' goes under each role", c)
		}
	}
	for i, role := range grantedRoles {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			b := newDemoBench(t)
			learners := read[[]db.Learner](b, "learner", "list", "--limit", "2")
			csv := t.TempDir() + "/answers.csv"
			named := strings.NewReplacer("USER", learners[0].UserID, "OTHER", learners[1].UserID, "ITEM", b.item(), "CALIBRATION", b.lastRunOf("mirt-calibrate"), "RUN", b.lastRun(), "CSV", csv, "OUT", t.TempDir(),
				"LATER", now.Format(time.RFC3339))
			// The demo was made after the moment at which the tests' clock stands.
			if _, err := b.pool().Exec(t.Context(), `UPDATE sextant.theta_history SET estimated_at = estimated_at - interval '1 day'`); err != nil {
				t.Fatal(err)
			}
			writeFile(t, csv, "user_id,item_id,is_correct,responded_at\nu,1,1,2026-03-01T10:00:00Z\n")
			b.ok("report", "generate", "--user", learners[0].UserID, "--quiet")
			before := platformChecksums(b)
			as := b.as(role)
			for _, c := range commands {
				for _, u := range everyCommand[c] {
					line := c + " " + named.Replace(u.args)
					r := as.sextant(strings.Fields(line)...)
					if r.code != u.codes[i] {
						t.Errorf("sextant %s: exit %d, want %d: %s", line, r.code, u.codes[i], r.errOut)
					}
					if refused := lastLine(r.errOut); r.code != exitDone && (!strings.HasPrefix(refused, "sextant: ") || strings.Contains(refused, "SQLSTATE")) {
						t.Errorf("sextant %s: refused with %q", line, r.errOut)
					}
				}
			}
			if after := platformChecksums(b); after != before {
				t.Errorf("the platform's tables changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// Each role has all it needs, by doctor's own look, until a migration brings a
// table that the roles know nothing of; a role without any rights is told so.
func TestDoctorUnderEachRole(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	b.give(newExams)
	privileges := func(as *bench, level jobs.Level, words string) {
		t.Helper()
		for _, f := range as.diagnosis().Findings {
			if (f.Check == "privileges" || f.Check == "schema") && f.Level == level && strings.Contains(f.What, words) {
				return
			}
		}
		t.Errorf("no %s of the privileges with %q: %+v", level, words, as.diagnosis().Findings)
	}
	operator, worker, readonly := b.as("operator"), b.as("worker"), b.as("readonly")
	privileges(operator, jobs.LevelOK, "has what it needs")
	privileges(worker, jobs.LevelOK, "has what it needs")
	privileges(readonly, jobs.LevelInfo, "may only look")
	if _, err := b.pool().Exec(t.Context(), `CREATE TABLE sextant.newer (n int)`); err != nil {
		t.Fatal(err)
	}
	privileges(worker, jobs.LevelError, "lacks INSERT on sextant.newer")
	privileges(readonly, jobs.LevelError, "lacks SELECT on sextant.newer")
	privileges(b.as("operator"), jobs.LevelOK, "has what it needs") // as runs the SQL again
	if _, err := b.pool().Exec(t.Context(), `DO $$ BEGIN EXECUTE format('REVOKE USAGE ON SCHEMA sextant FROM %I', current_database() || '_readonly'); END $$`); err != nil {
		t.Fatal(err)
	}
	privileges(readonly, jobs.LevelError, "may not look into")
}

// as is the same command line as one of the roles, which it makes from the SQL
// that doctor prints.
func (b *bench) as(role string) *bench {
	b.Helper()
	pool := b.pool()
	var prefix string
	if err := pool.QueryRow(b.Context(), `SELECT current_database()`).Scan(&prefix); err != nil {
		b.Fatal(err)
	}
	sql := b.ok("doctor", "--grants", "--role-prefix", prefix)
	b.Cleanup(func() { dropRoles(b, prefix) })
	for range 2 { // it can be run again
		if _, err := pool.Exec(b.Context(), sql); err != nil {
			b.Fatalf("%v\n%s", err, sql)
		}
	}
	name := prefix + "_" + role
	if _, err := pool.Exec(b.Context(), `ALTER ROLE `+pgx.Identifier{name}.Sanitize()+` PASSWORD 'let me in'`); err != nil {
		b.Fatal(err)
	}
	u, err := url.Parse(b.url)
	if err != nil {
		b.Fatal(err)
	}
	u.User = url.UserPassword(name, "let me in")
	return &bench{T: b.T, env: map[string]string{"XDG_CONFIG_HOME": b.TempDir(), "DATABASE_URL": u.String()}, url: b.url}
}

// lastRun is the id of the newest run.
func (b *bench) lastRun() string {
	b.Helper()
	return read[[]db.Run](b, "runs", "--limit", "1")[0].ID.String()
}

// lastRunOf is the id of a stage's newest run.
func (b *bench) lastRunOf(stage string) string {
	b.Helper()
	return read[[]db.Run](b, "runs", "--stage", stage, "--limit", "1")[0].ID.String()
}

// item is one with published parameters.
func (b *bench) item() (id string) {
	b.Helper()
	if err := b.pool().QueryRow(b.Context(), `SELECT min(item_id) FROM mirt_item_params`).Scan(&id); err != nil {
		b.Fatal(err)
	}
	return id
}

// The worker's role is enough for a worker: it takes what the operator's role
// queues, and runs it.
func TestWorkerUnderItsRole(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	worker := b.as("worker")
	p := worker.start("worker", "--listen", "")
	b.as("operator").ok("run", "sync-answers", "--full", "--queue", "--wait", "--quiet")
	b.as("readonly").fails(exitUsage, "read-only", "worker", "--listen", "")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.code(t); code != exitDone || strings.Contains(p.errOut.String(), "permission denied") {
		t.Errorf("the worker ended with %d: %s", code, p.errOut)
	}
}

// platformChecksums are a line a platform relation: its name and a digest of its rows.
func platformChecksums(b *bench) string {
	b.Helper()
	pool := b.pool()
	rows, err := pool.Query(b.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')
		AND relname IN ('attempt', 'responses', 'exam_results', 'session', 'question', 'interest_goal', 'classroom') ORDER BY 1`)
	if err != nil {
		b.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	var sums strings.Builder
	for _, name := range names {
		var sum string
		if err := pool.QueryRow(b.Context(), `SELECT concat(count(*), ' ', md5(string_agg(r::text, E'\n' ORDER BY r::text COLLATE "C"))) FROM public.`+name+` r`).Scan(&sum); err != nil {
			b.Fatal(err)
		}
		sums.WriteString(name + " " + sum + "\n")
	}
	return sums.String()
}

// lastLine is the last line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// dropRoles takes the roles of a test's database away again.
func dropRoles(b *bench, prefix string) {
	ctx := context.Background() // the test's own has ended
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close(ctx)
	for _, r := range append([]string{"owner"}, grantedRoles...) {
		role := pgx.Identifier{prefix + "_" + r}.Sanitize()
		if _, err := conn.Exec(ctx, `DO $$ BEGIN DROP OWNED BY `+role+` CASCADE; DROP ROLE `+role+`; EXCEPTION WHEN undefined_object THEN END $$`); err != nil {
			b.Error(err)
		}
	}
}
