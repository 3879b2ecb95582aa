package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"sextant/db"
)

type stageLine struct {
	Name          string    `json:"name"`
	State         string    `json:"state"`
	Why           string    `json:"why"`
	Pause         *db.Pause `json:"pause"`
	UpstreamNewer *struct {
		Stage string     `json:"stage"`
		Day   string     `json:"day"`
		At    *time.Time `json:"at"`
		Why   string     `json:"why"`
	} `json:"upstream_newer"`
}

// stage is a stage's line of the status.
func (b *bench) stage(name string) stageLine {
	b.Helper()
	for _, s := range read[struct {
		Stages []stageLine `json:"stages"`
	}](b, "status").Stages {
		if s.Name == name {
			return s
		}
	}
	b.Fatalf("no stage %s", name)
	return stageLine{}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	const stage = "aggregate-features-daily"
	b := newMigratedBench(t)
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`)
	b.ok("run", stage, "--date", dayAfter(-20)) // late from here on
	if r := b.sextant("status", "--check"); r.code != exitFailed {
		t.Fatalf("a late stage: exit %d", r.code)
	}
	p := read[db.Pause](b, "pause", stage, "--reason", "새 문항", "--until", "36h")
	if p.Stage != stage || p.Reason != "새 문항" || p.Actor == "" || p.Until == nil || p.Until.Sub(p.At).Round(time.Minute) != 36*time.Hour {
		t.Errorf("pause = %+v", p)
	}
	if s := b.stage(stage); s.State != "paused" || s.Pause == nil || s.Pause.Reason != "새 문항" || !strings.Contains(s.Why, "새 문항") {
		t.Errorf("status = %+v", s)
	}
	b.ok("status", "--check")
	if out := b.ok("run", stage, "--trigger", "cron"); !strings.Contains(out, "skipped") {
		t.Errorf("cron: %s", out)
	}
	b.fails(exitFailed, "run it anyway with --force", "run", stage, "--trigger", "cli")
	b.ok("run", stage, "--trigger", "cli", "--force")
	if out := b.ok("resume", stage, "--reason", " 문항 확인 \n"); !strings.Contains(out, "is resumed; 'sextant run "+stage+"' does now") {
		t.Errorf("resume: %s", out)
	}
	if out := b.ok("resume", stage); !strings.Contains(out, "was not paused") {
		t.Errorf("resume again: %s", out)
	}
	if list := read[[]db.Pause](b, "pause", "--history"); len(list) != 1 || list[0].ResumedBy == nil || list[0].ResumeReason == nil || *list[0].ResumeReason != "문항 확인" {
		t.Errorf("history = %+v", list)
	}
	if out := b.ok("pause", "--history"); !strings.Contains(out, "새 문항") || !strings.Contains(out, "문항 확인") {
		t.Errorf("history:\n%s", out)
	}
	for _, command := range []string{"pause", "resume"} {
		for _, blank := range []string{"", " \t"} {
			b.fails(exitUsage, "it is blank; say why", command, stage, "--reason", blank)
		}
	}
	for words, args := range map[string]string{
		"needs the name of a stage":                    "pause",
		`unknown stage "nosuch"`:                       "pause nosuch",
		"is a step":                                    "pause sync-answers",
		`--until: "tomorrow" is no moment`:             "pause " + stage + " --until tomorrow",
		"has passed":                                   "pause " + stage + " --until 2020-01-01",
		"read-only":                                    "pause " + stage + " --read-only",
		"--format is table, crontab, k8s or systemd":   "schedule --format yaml",
		"the ping URL is not of the form https://HOST": "run " + stage + " --ping-url hc",
	} {
		b.fails(exitUsage, words, strings.Fields(args)...)
	}
}

func TestStatusMarksAnUpstreamThatIsNewer(t *testing.T) {
	t.Parallel()
	const stage = "compute-daily-kpis"
	b := newDemoBench(t)
	if s := b.stage(stage); s.UpstreamNewer != nil {
		t.Errorf("after the demo: %+v", s.UpstreamNewer)
	}
	b.exec(`UPDATE sextant.answer_day SET revision = nextval('sextant.revision') WHERE day = (SELECT max(day) FROM sextant.answer_day)`)
	s := b.stage(stage)
	if n := s.UpstreamNewer; s.State != "fresh" || n == nil || n.Stage != "sync-answers" || n.At != nil || n.Day == "" {
		t.Errorf("after late answers: %+v", s)
	}
	out := b.ok("status")
	if !regexp.MustCompile(`(?m)^compute-daily-kpis +fresh ↑ `).MatchString(out) || !strings.Contains(out, "compute-daily-kpis: ↑ upstream newer: answers behind") {
		t.Errorf("the table does not say so:\n%s", out)
	}
	b.ok("run", stage)
	if s := b.stage(stage); s.UpstreamNewer != nil {
		t.Errorf("after its run: %+v", s.UpstreamNewer)
	}
}
