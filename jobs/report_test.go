package jobs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

const weekly = "generate-weekly-report"

// The last complete week of the tests' clock, and its Sunday.
const reportMonday, reportSunday = "2026-03-23", "2026-03-29"

// reportWorld is a platform of three learners with KPIs of two weeks, and a
// folder for the reports.
func reportWorld(t *testing.T) (*bench, string) {
	t.Helper()
	b := newBench(t)
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct bool, responded_at timestamptz, topic_id text, response_time_ms int)`)
	for n, user := range []string{"ann", "bob", "eve"} {
		b.answer(user, "algebra", 5+n)
		b.answer(user, "geometry", 3)
	}
	b.run(jobs.Request{Stage: "sync-answers"})
	for _, d := range []string{"2026-03-22", reportSunday} {
		b.run(jobs.Request{Stage: "compute-daily-kpis", Date: day(d)})
	}
	out := filepath.Join(t.TempDir(), "reports")
	b.runner.Defaults = map[string]string{"out": out}
	return b, out
}

// answer gives a learner some answers of a topic in the week of the reports.
func (b *bench) answer(user, topic string, n int) {
	b.Helper()
	b.exec(`INSERT INTO public.responses SELECT $1, 'i' || i, i % 3 > 0, '2026-03-24 10:00Z'::timestamptz + i * interval '9 hours', $2, 20000 + 1000 * i
		FROM generate_series(1, $3::int) i`, user, topic, n)
}

func reports(options ...string) jobs.Request {
	q := jobs.Request{Stage: weekly, Options: map[string]string{}}
	for i := 0; i < len(options); i += 2 {
		q.Options[options[i]] = options[i+1]
	}
	return q
}

// objects are the stored reports as the database has them.
func (b *bench) objects() []db.ReportObject {
	b.Helper()
	return must(b.db.Reports(b.ctx, db.ReportFilter{}))
}

// files are the files of a folder by their paths in it.
func files(t *testing.T, dir string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(dir, path)
			out[filepath.ToSlash(name)] = true
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

// checkStored holds every row to its file and every file to a row.
func (b *bench) checkStored(out string, want int) {
	b.Helper()
	there := files(b.T, out)
	objects := b.objects()
	if len(objects) != want || len(there) != want {
		b.Errorf("%d rows and %d files, want %d", len(objects), len(there), want)
	}
	for _, o := range objects {
		u, err := url.Parse(o.URL)
		if err != nil || u.Scheme != "file" {
			b.Errorf("URL %s", o.URL)
			continue
		}
		body, err := os.ReadFile(u.Path)
		sum := sha256.Sum256(body)
		if err != nil || int64(len(body)) != o.Size || hex.EncodeToString(sum[:]) != o.Checksum {
			b.Errorf("%s: the file is not what its row says (%v)", o.URL, err)
		}
		if !there[o.Key] || strings.Contains(o.Key, o.UserID) {
			b.Errorf("key %s", o.Key)
		}
	}
}

// made reads how many reports the newest run made and left alone.
func (b *bench) made() (made, unchanged int) {
	b.Helper()
	row := `SELECT (e.attrs ->> $1)::int FROM sextant.run_event e JOIN sextant.run r ON r.id = e.run_id
		WHERE r.stage = 'generate-weekly-report' AND e.message = 'reports' ORDER BY r.created_at DESC LIMIT 1`
	return one[int](b, row, "made"), one[int](b, row, "unchanged")
}

func TestReportsAreStoredThenRecorded(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	b.runner.Defaults["lang"] = "en" // the config file's
	r := b.run(reports("format", "html,pdf", "lang", "ko,en"))
	b.checkStored(out, 3*2*2*2)
	if w := r.WindowTo.String(); w != reportSunday {
		t.Errorf("the run is of %s", w)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = $1 AND data_day = $2 AND complete AND run_id = $3`, weekly, reportSunday, r.ID); n != 1 {
		t.Errorf("published %d times", n)
	}
	// The platform's table points to the learner edition in the default language.
	if got, want := one[string](b, `SELECT string_agg(concat_ws(' ', user_id, week_start, format), ', ' ORDER BY 1) FROM report_artifacts a
		WHERE url LIKE 'file://%/learner.en.' || format AND generated_at IS NOT NULL`), "ann 2026-03-23 html, ann 2026-03-23 pdf, bob"; !strings.HasPrefix(got, want) {
		t.Errorf("report_artifacts: %s", got)
	}
	if n := one[int](b, `SELECT count(*) FROM report_artifacts`); n != 6 {
		t.Errorf("report_artifacts has %d rows, want 6", n)
	}
	for _, o := range b.objects() {
		body := string(must(os.ReadFile(filepath.Join(out, o.Key))))
		if kind := map[string]string{"html": "<!doctype html>", "pdf": "%PDF-"}[o.Format]; !strings.HasPrefix(strings.ToLower(body), strings.ToLower(kind)) {
			t.Errorf("%s begins with %.20q", o.Key, body)
		}
		if lang := `lang="` + o.Lang + `"`; o.Format == "html" && (!strings.Contains(body, lang) || !strings.Contains(body, o.UserID) || !strings.Contains(body, r.ID.String())) {
			t.Errorf("%s lacks %s, its learner or its run", o.Key, lang)
		}
	}
}

func TestUnchangedReportsAreLeftAlone(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	b.run(reports())
	want := func(what string, made, unchanged int, q jobs.Request) {
		t.Helper()
		p, err := b.runner.Preview(b.ctx, q)
		if notes := strings.Join(p.Notes, "\n"); err != nil || !strings.Contains(notes, fmt.Sprintf("%d to make, %d unchanged", made, unchanged)) {
			t.Errorf("%s: the preview says %v %v", what, notes, err)
		}
		b.run(q)
		if m, u := b.made(); m != made || u != unchanged {
			t.Errorf("%s: made %d and left %d, want %d and %d", what, m, u, made, unchanged)
		}
	}
	want("nothing changed", 0, 6, reports())
	want("forced", 6, 0, jobs.Request{Stage: weekly, Force: true})
	want("forced, one learner", 2, 0, jobs.Request{Stage: weekly, Force: true, Users: []string{"bob"}})
	want("another format", 6, 0, reports("format", "pdf"))
	b.exec(`UPDATE weekly_kpi SET kpis = kpis || '{"S": 0.875}' WHERE user_id = 'ann' AND week_start = $1`, reportMonday)
	want("a risk that only teachers are told of", 1, 5, reports())
	b.exec(`UPDATE weekly_kpi SET kpis = kpis || '{"A_t": 0.125}' WHERE user_id = 'eve' AND week_start = $1`, reportMonday)
	want("a KPI", 2, 4, reports())
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	want("another folder", 6, 0, reports("out", elsewhere))
	if n := len(files(t, out)); n != 6 { // the PDFs
		t.Errorf("%d files stay in the old folder, want the 6 PDFs", n)
	}
	b.runner.Defaults["out"] = elsewhere
	b.exec(`DELETE FROM sextant.installation`)
	want("another secret", 6, 0, reports())
	if n := len(files(t, elsewhere)); n != 6 {
		t.Errorf("%d files, want 6: those of the old names go", n)
	}
}

func TestWhichWeekIsReported(t *testing.T) {
	t.Parallel()
	b, _ := reportWorld(t)
	for _, c := range []struct {
		q    jobs.Request
		env  string
		want string // the Sundays, or the error
	}{
		{jobs.Request{}, "", "2026-03-29"},
		{jobs.Request{}, "2026-03-16", "2026-03-22"},
		{reports("week", "2026-03-09"), "2026-03-16", "2026-03-15"},
		{jobs.Request{Date: day("2026-03-29")}, "", "2026-03-29"},
		{jobs.Request{Date: day("2026-03-28")}, "", "2026-03-22"},
		{jobs.Request{Date: day("2026-03-28")}, "2026-03-02", "2026-03-22"},
		{jobs.Request{From: day("2026-03-02"), To: day("2026-03-22")}, "", "2026-03-08 2026-03-15 2026-03-22"},
		{jobs.Request{Date: day("2026-03-15"), Options: map[string]string{"week": "2026-03-09"}}, "", "2026-03-15"},
		{jobs.Request{Date: day("2026-03-16"), Options: map[string]string{"week": "2026-03-16"}}, "", "--week excludes --date, --from and --to"},
		{jobs.Request{From: day("2026-03-02"), To: day("2026-03-07")}, "", "no week ends between 2026-03-02 and 2026-03-07; weeks end on Sundays"},
		{reports("week", "2026-03-18"), "", "week: 2026-03-18 is no Monday; the week that holds it starts on 2026-03-16"},
		{jobs.Request{}, "2026-03-18", "week: 2026-03-18 is no Monday; the week that holds it starts on 2026-03-16 (from REPORT_WEEK_START)"},
		{reports("week", "2026-W12"), "", `week: "2026-W12" is not a calendar day; write it as YYYY-MM-DD`},
		{reports("week", "2026-03-30"), "", "the week of 2026-03-30 is not complete yet; the last complete one began on 2026-03-23"},
		{reports("format", "docx"), "", `format: "docx" is not one of html, pdf, nor several of them apart by commas`},
		{reports("format", "html,"), "", "2026-03-29"},
		{reports("lang", "ko,fr"), "", `lang: "fr" is not one of ko, en`},
		{reports("edition", ","), "", `edition: "," is not one of learner, teacher`},
		{reports("out", "x", "s3-bucket", "y"), "", "--out and --s3-bucket both say where the reports go; give one"},
		{reports("s3-bucket", "s3://x"), "", `s3-bucket: "s3://x" is no bucket's name; give the name alone`},
		{reports("s3-bucket", "x"), "", "S3 bucket x: in which region? give --s3-region, or set AWS_REGION"},
		{reports("template", "x"), "", "template: it is for --renderer quarto"},
		{reports("s3-endpoint", "http://a:secret@b"), "", "s3-endpoint: a user or password does not belong into the address"},
		{reports("s3-sse-key", "k"), "", "s3-sse-key: a KMS key goes with --s3-sse aws:kms"},
	} {
		b.env["REPORT_WEEK_START"] = c.env
		c.q.Stage = weekly
		p, err := b.runner.Preview(b.ctx, c.q)
		var got []string
		for _, s := range p.Slices {
			got = append(got, s.Day.String())
		}
		if text := strings.Join(got, " "); err == nil && text != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v, want %s", c.q.Command(), text, err, c.want)
		}
		var usage *jobs.UsageError
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("%s: %v is no usage error", c.q.Command(), err)
		}
	}
}

// A backfill with --missing does the weeks that have none, and a run can be made
// again from its ledger row.
func TestReportsOfPastWeeks(t *testing.T) {
	t.Parallel()
	b, _ := reportWorld(t)
	b.run(reports("week", "2026-03-16"))
	if n := one[int](b, `SELECT units_total FROM sextant.run WHERE stage = $1`, weekly); n != 1 {
		t.Errorf("%d weeks", n)
	}
	b.run(jobs.Request{Stage: weekly, From: day("2026-03-09"), To: day(reportSunday), Missing: true})
	if got := one[string](b, `SELECT string_agg(data_day || ' ' || n, ', ' ORDER BY data_day) FROM (
		SELECT data_day, count(*) AS n FROM sextant.published WHERE stage = $1 GROUP BY 1) p`, weekly); got != "2026-03-15 1, 2026-03-22 1, 2026-03-29 1" {
		t.Errorf("published %s", got)
	}
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	first := one[string](b, `SELECT id::text FROM sextant.run WHERE stage = $1 ORDER BY created_at LIMIT 1`, weekly)
	d, err := s.FindRun(b.ctx, first)
	if want := "sextant run generate-weekly-report --date 2026-03-22 --week=2026-03-16"; err != nil || d.Command != want {
		t.Errorf("the command is %s, want %s (%v)", d.Command, want, err)
	}
	weeks, err := s.ReportWeeks(b.ctx)
	if err != nil || len(weeks) == 0 || weeks[0].Week.String() != reportMonday || weeks[0].Learners != 3 || weeks[0].Reports != 6 {
		t.Errorf("weeks %+v, %v", weeks, err)
	}
}
