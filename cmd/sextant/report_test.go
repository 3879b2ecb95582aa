package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// The way of a report at the command line: made, listed, opened, pruned.
func TestReportCommands(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	b.fails(exitFailed, "make it with 'sextant report generate --user "+user+"'", "report", "open", user)
	out := filepath.Join(t.TempDir(), "here")
	generate := []string{"report", "generate", "--user", user, "--format", "html,pdf", "--lang", "en", "--out", out}
	if said := b.ok(append(generate, "--dry-run")...); !strings.Contains(said, "4 to make, 0 unchanged") || !strings.Contains(said, "to make for "+user) {
		t.Errorf("the dry run says\n%s", said)
	}
	b.ok(generate...)
	listed := read[[]db.ReportObject](b, "report", "list", "--user", user)
	if len(listed) != 4 || listed[0].Edition != "learner" || listed[0].Format != "html" || !strings.HasPrefix(listed[0].URL, "file://"+out) {
		t.Errorf("listed %+v", listed)
	}
	if said := b.ok("report", "list", user[:8], "--edition", "teacher", "--format", "pdf"); strings.Count(said, "\n") != 2 || !strings.Contains(said, "teacher") {
		t.Errorf("the list is\n%s", said)
	}
	for _, command := range []string{"open", "url"} {
		path := strings.TrimSpace(b.ok("report", command, user))
		if body, err := os.ReadFile(path); err != nil || !strings.Contains(string(body), `lang="en"`) {
			t.Errorf("%s prints %q (%v)", command, path, err)
		}
	}
	if link := read[jobs.ReportLink](b, "report", "open", user, "--format", "pdf", "--edition", "teacher"); link.Report.Format != "pdf" || link.Shown || !strings.HasSuffix(link.Open, "/teacher.en.pdf") {
		t.Errorf("opened %+v", link)
	}
	b.fails(exitUsage, "2026-11-18 is no Monday; the week that holds it starts on 2026-11-16", "report", "generate", "--week", "2026-11-18")
	b.fails(exitUsage, "2026-11-18 is no Monday", "report", "list", "--week", "2026-11-18")
	b.fails(exitUsage, `--format: "docx" is not one of html, pdf`, "report", "generate", "--format", "docx")
	b.fails(exitUsage, "for 7 days at most, not for 200h", "report", "url", user, "--expires", "200h")
	b.fails(exitPartial, `unknown learner "nobody"`, "report", "generate", "--user", user, "--user", "nobody", "--out", out, "--quiet")
	b.env["S3_BUCKET"], b.env["AWS_ENDPOINT_URL_S3"], b.env["AWS_ACCESS_KEY_ID"], b.env["AWS_MAX_ATTEMPTS"] = "b", "http://127.0.0.1:1", "a", "1"
	b.fails(exitNotReady, "S3 bucket b at http://127.0.0.1:1: ", "report", "generate", "--user", user, "--quiet", "--s3-path-style")
	delete(b.env, "S3_BUCKET")

	if p := read[jobs.PruneReportsPreview](b, "report", "prune", "--older-than", "400d", "--dry-run"); p.Reports != 0 {
		t.Errorf("to prune: %+v", p)
	}
	b.exec(`UPDATE sextant.report_object SET week_start = week_start - 700`)
	b.ok("report", "prune", "--older-than", "400d")
	if left := read[[]db.ReportObject](b, "report", "list"); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
	if _, err := os.Stat(out + "/weekly"); !os.IsNotExist(err) {
		t.Errorf("the files are left: %v", err)
	}
}

func TestReportTemplateIsWrittenOut(t *testing.T) {
	t.Parallel()
	b := &bench{T: t, env: map[string]string{}}
	dir := filepath.Join(t.TempDir(), "mine")
	if said := b.ok("report", "template", "--out", dir); !strings.Contains(said, "--renderer quarto --template "+dir) {
		t.Errorf("it says %s", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "report.qmd.tmpl")); err != nil {
		t.Error(err)
	}
	b.fails(exitUsage, "is not empty; name a folder that is not there yet", "report", "template", "--out", dir)
}

// The config file's settings, a profile's before the file's, and where each is
// wrong.
func TestReportSettings(t *testing.T) {
	t.Parallel()
	text := `report:
  lang: en
  s3:
    bucket: all
    region: eu-west-1
    path_style: true
profiles:
  here:
    report:
      out: /srv/reports
      edition: learner
  there:
    report:
      s3:
        bucket: theirs
        path_style: false
`
	c, err := parseConfig("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a := &app{getenv: func(string) string { return "/data" }}
	for profile, want := range map[string]map[string]string{
		"here":  {"lang": "en", "edition": "learner", "out": "/srv/reports", "s3-bucket": "", "s3-region": "eu-west-1", "s3-path-style": "true"},
		"there": {"lang": "en", "edition": "", "out": "/data/sextant/reports", "s3-bucket": "theirs", "s3-region": "eu-west-1", "s3-path-style": "false"},
	} {
		got := c.Report.over(c.Profiles[profile].Report).defaults(a)
		for name, v := range want {
			if got[name] != v {
				t.Errorf("%s: %s is %q, want %q", profile, name, got[name], v)
			}
		}
	}
	for wrong, says := range map[string]string{
		"report:\n  lang: fr\n":                              `c.yaml:2: report.lang: "fr" is not one of ko, en`,
		"report:\n  s3:\n    endpoint: http://u:secret@h\n":  "c.yaml:3: report.s3.endpoint: a user or password does not belong into the address",
		"report:\n  out: a\n  s3:\n    bucket: b\n":          "c.yaml:2: report.out: out and s3.bucket both say where the reports go; give one",
		"report:\n  s3:\n    sse: rot13\n":                   `c.yaml:3: report.s3.sse: "rot13" is not one of`,
		"profiles:\n  p:\n    report:\n      format: docx\n": `c.yaml:4: profiles.p.report.format: "docx" is not one of html, pdf`,
		"report:\n  s3:\n    secret_key: x\n":                `c.yaml:3: unknown field "secret_key"`,
		"report:\n  s3:\n    bucket: s3://x\n":               `c.yaml:3: report.s3.bucket: "s3://x" is no bucket's name; give the name alone`,
		"report:\n  renderer: word\n":                        `c.yaml:2: report.renderer: "word" is not one of builtin, quarto`,
		"report:\n  s3:\n    timeout: soon\n":                `c.yaml:3: report.s3.timeout: "soon" is no length of time; write it as 10s or 1m`,
	} {
		if _, err := parseConfig("c.yaml", []byte(wrong)); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%q: %v, want %s", wrong, err, says)
		}
	}
}
