package main

import (
	"strings"
	"testing"

	"sextant/jobs"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	r := b.sextant("doctor")
	for _, want := range []string{"ok     schema       schema sextant is at version", "info   attempt      attempt fails as a whole (invalid input",
		"answers are read from attempt, by way of exam_results"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s%s", want, r.out, r.errOut)
		}
	}
	for _, f := range b.diagnosis().Findings {
		if f.Level == jobs.LevelError {
			t.Errorf("on the demo: %+v", f)
		}
	}
	if _, err := b.pool().Exec(t.Context(), `DROP INDEX exam_results_updated_at_idx; DROP TABLE report_artifacts; ALTER TABLE weekly_kpi DROP COLUMN updated_at;
		UPDATE sextant.calibration SET linking = linking || '{"accumulated_se": 0.07}'`); err != nil {
		t.Fatal(err)
	}
	r = b.sextant("doctor")
	for _, want := range []string{"warn   index        exam_results has no index on updated_at",
		`→ psql "$DATABASE_URL" -c 'CREATE INDEX CONCURRENTLY exam_results_updated_at_idx ON public.exam_results (updated_at)'`,
		"error  published    missing: report_artifacts", "weekly_kpi lacks columns",
		"warn   scale        the linking error of scale v1 since it began is 0.070, past the alarm of 0.05", "4 problems"} {
		if r.code != exitFailed || !strings.Contains(r.out, want) {
			t.Errorf("exit %d, no %q in\n%s%s", r.code, want, r.out, r.errOut)
		}
	}
}

func TestDoctorWhereThereIsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if r := b.sextant("doctor", "--read-only"); r.code != exitFailed || !strings.Contains(r.out, "2 problems") {
		t.Errorf("an empty database: exit %d\n%s%s", r.code, r.out, r.errOut)
	}
	b.fails(exitNotReady, "run 'sextant db migrate'", "doctor", "--grants")
	b.fails(exitUsage, "--role-prefix goes with --grants", "doctor", "--role-prefix", "x")
	b.env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
	b.fails(exitNotReady, "check that PostgreSQL runs there", "doctor")
}
