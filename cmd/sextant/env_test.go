package main

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"sextant/jobs"
)

// variables are all environment variables of the platform's contract, each with
// the flag of the same meaning.
var variables = []struct {
	env, flag    string
	stages       string // that take it
	value, given string // by the variable and by the flag; neither is the default
	bad          string // what no reader takes; empty: any text will do
}{
	{"AGG_LOOKBACK_DAYS", "lookback-days", "aggregate-features-daily", "3", "2", "x"},
	{"AGG_INCLUDE_THETA", "include-theta", "aggregate-features-daily", "true", "false", "maybe"},
	{"KPI_LOOKBACK_DAYS", "lookback-days", "compute-daily-kpis", "20", "21", "0"},
	{"METRICS_DEFAULT_TARGET", "default-target", "compute-daily-kpis detect-inactivity", "0.5", "-0.25", "high"},
	{"METRICS_USE_IRT_THETA", "use-irt-theta", "aggregate-features-daily compute-daily-kpis", "true", "false", "2"},
	{"METRICS_CHURN_HORIZON_DAYS", "churn-horizon-days", "compute-daily-kpis detect-inactivity", "10", "11", "-1"},
	{"MIRT_LOOKBACK_DAYS", "lookback-days", "mirt-calibrate update-theta", "25", "28", "1.5"},
	{"MIRT_MODEL", "model", "mirt-calibrate", "rasch", "1pl", "4pl"},
	{"MIRT_MAX_OBS", "max-obs", "mirt-calibrate", "5000", "4000", "many"},
	{"MIRT_TOPIC_ID", "topic", "mirt-calibrate", "algebra", "geometry", ""},
	{"MIRT_SUBJECT_ID", "subject", "mirt-calibrate", "1", "2", ""},
	{"IRT_UPDATE_QUESTION_META", "update-question-meta", "mirt-calibrate", "true", "false", "often"},
	{"INACTIVITY_THRESHOLD_DAYS", "threshold-days", "detect-inactivity", "9", "12", "week"},
	{"REPORT_WEEK_START", "week", "generate-weekly-report", "2026-01-05", "2026-01-12", "2026-01-07"},
	{"REPORT_FORMAT", "format", "generate-weekly-report", "pdf", "html,pdf", "docx"},
	{"S3_BUCKET", "s3-bucket", "generate-weekly-report", "reports", "others", ""},
	{"AWS_REGION", "s3-region", "generate-weekly-report", "ap-northeast-2", "eu-west-1", ""},
	{"AWS_ENDPOINT_URL_S3", "s3-endpoint", "generate-weekly-report", "http://127.0.0.1:1", "http://127.0.0.1:2", "127.0.0.1"},
	{"S3_PATH_STYLE", "s3-path-style", "generate-weekly-report", "true", "false", "perhaps"},
	{"S3_SSE", "s3-sse", "generate-weekly-report", "aws:kms", "aws:kms", "rot13"},
	{"S3_SSE_KMS_KEY_ID", "s3-sse-key", "generate-weekly-report", "k1", "k2", ""},
}

// recordedParams runs a command and gives the parameters that the ledger has of it.
func (b *bench) recordedParams(stage string, args ...string) map[string]any {
	b.Helper()
	r := b.sextant(args...)
	if r.code == exitUsage {
		b.Fatalf("sextant %s: %s", strings.Join(args, " "), r.errOut)
	}
	return read[[]struct {
		Params map[string]any `json:"params"`
	}](b, "runs", "--stage", stage, "--limit", "1")[0].Params
}

// Each variable gives the flag of its meaning a default, the flag goes before
// it, and a value that makes no sense is told in one line with its name.
func TestEveryVariableStandsBehindItsFlag(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	command := func(stage string) []string {
		if stage == "update-theta" {
			return []string{"theta", "recompute", user}
		}
		return []string{"run", stage}
	}
	byStage := map[string]map[string][2]string{} // stage, flag: the variable's value and the flag's
	for _, v := range variables {
		for stage := range strings.FieldsSeq(v.stages) {
			if byStage[stage] == nil {
				byStage[stage] = map[string][2]string{}
			}
			byStage[stage][v.flag] = [2]string{v.value, v.given}
			if v.bad == "" {
				continue
			}
			b.env[v.env] = v.bad
			b.fails(exitUsage, v.env, append(command(stage), "--dry-run")...)
			b.ok(append(command(stage), "--dry-run", "--"+v.flag+"="+v.given)...) // the flag goes before it
			delete(b.env, v.env)
		}
	}
	for _, v := range variables {
		b.env[v.env] = v.value
	}
	for stage, flags := range byStage {
		given := command(stage)
		for name, v := range flags {
			given = append(given, "--"+name+"="+v[1])
		}
		byVariable, byFlag := b.recordedParams(stage, command(stage)...), b.recordedParams(stage, given...)
		for name, v := range flags {
			if got := fmt.Sprint(byVariable[name]); got != v[0] {
				t.Errorf("%s: by its variable %s is %s, want %s", stage, name, got, v[0])
			}
			if got := fmt.Sprint(byFlag[name]); got != v[1] {
				t.Errorf("%s: by its flag %s is %s, want %s", stage, name, got, v[1])
			}
		}
	}
}

// The table holds every variable that a stage reads.
func TestNoVariableIsForgotten(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, v := range variables {
		known[v.env] = true
	}
	for _, st := range jobs.Stages().All() {
		for _, s := range jobs.Specs(st.Params()) {
			if s.Env != "" && !known[s.Env] {
				t.Errorf("%s reads %s, which the table lacks", st.Info().Name, s.Env)
			}
		}
	}
}

func TestTheVariablesOfEveryCommand(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	url := b.url
	name := regexp.MustCompile(`/([^/?]+)(\?|$)`).FindStringSubmatch(url)[1]
	if out := b.ok("status"); !strings.Contains(out, name) {
		t.Errorf("DATABASE_URL names %s:\n%s", name, out)
	}
	b.env["DATABASE_URL"] = "postgres://127.0.0.1:1/elsewhere"
	b.ok("status", "--database", url) // the flag goes before it
	b.env["DATABASE_URL"] = "postgres://%zz"
	b.fails(exitUsage, "database", "status")
	b.env["DATABASE_URL"] = url

	before := b.everything()
	b.env["DRY_RUN"] = "true"
	b.ok("run", "compute-daily-kpis")
	if after := b.everything(); !maps.Equal(after, before) {
		t.Error("DRY_RUN did not hold the run back")
	}
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`)
	out := b.ok("run", "compute-daily-kpis", "--dry-run=false") // the flag goes before it
	if after := b.everything(); after["published"] == 0 {
		t.Errorf("--dry-run=false published nothing: %s %v", out, after)
	}
	b.env["DRY_RUN"] = "perhaps"
	b.fails(exitUsage, `DRY_RUN: "perhaps" is not true or false`, "run", "compute-daily-kpis")
}

// exec runs SQL of the test's own.
func (b *bench) exec(sql string) {
	b.Helper()
	if _, err := b.pool().Exec(b.Context(), sql); err != nil {
		b.Fatal(err)
	}
}
