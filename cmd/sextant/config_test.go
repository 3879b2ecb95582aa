package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const exampleConfig = `# a comment
default_profile: staging
profiles:
  staging:
    database: postgres://sextant@db.example.org/platform
    environment: staging
    colour: yellow
  prod:
    database_file: /run/secrets/sextant
    environment: production
    read_only: true
  night:
    database_env: NIGHT_URL
`

func TestConfigIsRead(t *testing.T) {
	c, err := parseConfig("c.yaml", []byte(exampleConfig))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Profiles["prod"]; c.DefaultProfile != "staging" || !p.ReadOnly || p.DatabaseFile != "/run/secrets/sextant" {
		t.Errorf("got %+v", c)
	}
	if _, err := parseConfig("c.yaml", []byte("# nothing\n")); err != nil {
		t.Errorf("a file of comments: %v", err)
	}
}

func TestConfigErrorsNameTheLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "default_profile: a\nprofiels:\n  a: {}\n", "c.yaml:2: unknown field"},
		{"unknown key of a profile", "profiles:\n  a:\n    databse: x\n", "c.yaml:3: unknown field"},
		{"doubled key", "profiles:\n  a: {}\n  a: {}\n", "c.yaml:3: "},
		{"wrong type", "profiles:\n  a:\n    read_only: 7\n", "c.yaml:3: "},
		{"no YAML", "profiles:\n  a: [\n", "c.yaml:"},
		{"password", "profiles:\n  a:\n    environment: x\n    database: postgres://u:hunter2@h/d\n", "c.yaml:4: profiles.a.database: a password"},
		{"keyword password", "profiles:\n  a:\n    database: host=h password=hunter2\n", "c.yaml:3: profiles.a.database: a password"},
		{"two databases", "profiles:\n  a:\n    database: x\n    database_env: Y\n", "profiles.a: give one of"},
		{"colour", "profiles:\n  a:\n    colour: beige\n", "c.yaml:3: profiles.a.colour: unknown colour"},
		{"unknown stage", "stages:\n  mirt-calibrat:\n    grace: 2h\n", "c.yaml:2: stages.mirt-calibrat: unknown stage \"mirt-calibrat\"; the stages are aggregate-features-daily"},
		{"unknown key of a stage", "stages:\n  mirt-calibrate:\n    cron: x\n", "c.yaml:3: unknown field"},
		{"schedule", "stages:\n  mirt-calibrate:\n    grace: 2h\n    schedule: 0 25 * * *\n", "c.yaml:4: stages.mirt-calibrate.schedule: schedule \"0 25 * * *\": \"25\" is no hour from 0 to 23"},
		{"schedule of a stage on events", "stages:\n  update-theta:\n    schedule: 0 5 * * *\n", "c.yaml:3: stages.update-theta.schedule: update-theta runs when a session finishes"},
		{"schedule of a step", "stages:\n  sync-answers:\n    enabled: false\n", "c.yaml:3: stages.sync-answers.enabled: sync-answers is a step"},
		{"grace", "stages:\n  mirt-calibrate:\n    grace: two hours\n", "c.yaml:3: stages.mirt-calibrate.grace: \"two hours\" is no length of time; write it as 45m or 2h"},
		{"negative grace", "stages:\n  mirt-calibrate:\n    grace: -5m\n", "c.yaml:3: stages.mirt-calibrate.grace: grace: -5m0s is negative"},
		{"ping address", "profiles:\n  a:\n    stages:\n      mirt-calibrate:\n        ping_url: hc.example.org/hunter2\n", "c.yaml:5: profiles.a.stages.mirt-calibrate.ping_url: the ping URL is not of the form"},
		{"scorer", "scorer: R\n", "c.yaml:1: scorer: it is engine or plumber, not \"R\""},
		{"service", "profiles:\n  a:\n    scorer: plumber\n    plumber:\n      url: r.example.org:8000\n", "c.yaml:5: profiles.a.plumber.url: the address of the R service is not of the form https://HOST:PORT"},
		{"service with a password", "plumber:\n  timeout: 9s\n  url: https://u:hunter2@r.example.org\n", "c.yaml:3: plumber.url: a user or password does not belong"},
		{"time of the service", "plumber:\n  timeout: 20\n", "c.yaml:2: plumber.timeout: \"20\" is no length of time; write it as 20s"},
		{"long time of the service", "plumber:\n  timeout: 11m\n", "c.yaml:2: plumber.timeout: 11m0s is not above 0 and up to 10m0s"},
		{"token of the service", "plumber:\n  token: hunter2\n", "c.yaml:2: unknown field"},
		{"no such default", "default_profile: b\nprofiles:\n  a: {}\n", `c.yaml:1: default_profile: there is no profile "b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseConfig("c.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("unfit for a terminal: %q", err)
			}
			var usage *usageError
			if !errors.As(err, &usage) || exitCode(err) != exitUsage {
				t.Errorf("exit %d, want %d", exitCode(err), exitUsage)
			}
		})
	}
}

func TestWhichDatabase(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "sextant", "config.yaml"), exampleConfig)
	writeFile(t, filepath.Join(dir, "url"), "postgres://file/x\n")
	for _, tt := range []struct {
		name   string
		global globalFlags
		env    map[string]string
		want   target
	}{
		{"default profile", globalFlags{}, nil,
			target{profile: "staging", environment: "staging", colour: "yellow", url: "postgres://sextant@db.example.org/platform"}},
		{"DATABASE_URL is not presented under the default profile's name", globalFlags{}, map[string]string{"DATABASE_URL": "postgres://env/x"},
			target{url: "postgres://env/x"}},
		{"--database", globalFlags{database: "postgres://flag/x"}, map[string]string{"DATABASE_URL": "postgres://env/x"},
			target{url: "postgres://flag/x"}},
		{"--profile beats DATABASE_URL", globalFlags{profile: "night"}, map[string]string{"DATABASE_URL": "postgres://env/x", "NIGHT_URL": "postgres://night/x"},
			target{profile: "night", url: "postgres://night/x"}},
		{"SEXTANT_PROFILE", globalFlags{readOnly: true}, map[string]string{"SEXTANT_PROFILE": "night", "NIGHT_URL": "postgres://night/x"},
			target{profile: "night", url: "postgres://night/x", readOnly: true}},
		{"no config", globalFlags{}, map[string]string{"XDG_CONFIG_HOME": filepath.Join(dir, "none")}, target{environment: "local"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"XDG_CONFIG_HOME": dir}
			for k, v := range tt.env {
				env[k] = v
			}
			a := newTestApp(env, strings.NewReader(""), nil, nil)
			a.global = tt.global
			got, err := a.resolve()
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestProfileErrors(t *testing.T) {
	b := benchOn(t, "")
	writeFile(t, filepath.Join(b.env["XDG_CONFIG_HOME"], "sextant", "config.yaml"), exampleConfig)
	b.fails(exitUsage, `unknown profile "nope"`, "status", "--profile", "nope")
	b.fails(exitUsage, "NIGHT_URL, which is not set", "status", "--profile", "night")
	b.fails(exitUsage, "/run/secrets/sextant: no such file", "status", "--profile", "prod")
	b.fails(exitUsage, "give one", "status", "--profile", "prod", "--database", "postgres://x/y")
}

func TestProfileTakesItsDatabaseFromAFile(t *testing.T) {
	b := newMigratedBench(t)
	delete(b.env, "DATABASE_URL")
	secret := filepath.Join(t.TempDir(), "url")
	writeFile(t, secret, b.url+"\n")
	writeFile(t, filepath.Join(b.env["XDG_CONFIG_HOME"], "sextant", "config.yaml"),
		"profiles:\n  night:\n    database_file: "+secret+"\n    environment: night\n    read_only: true\n")
	if out := b.ok("status", "--profile", "night"); !strings.HasPrefix(out, "night  ") || !strings.Contains(out, "read-only") {
		t.Errorf("the head line names neither environment nor read-only:\n%s", out)
	}
}

func TestDocumentedConfigIsValid(t *testing.T) {
	doc, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	c, err := parseConfig("config.yaml", []byte(text))
	if err != nil || len(c.Profiles) != 3 || len(c.Stages) == 0 || len(c.Profiles["production"].Stages) == 0 {
		t.Errorf("%v, %+v", err, c)
	}
	for _, colour := range colours {
		if !strings.Contains(string(doc), colour) {
			t.Errorf("docs/config.md does not name the colour %s", colour)
		}
	}
}

// The schedule of a profile goes before that of the file, key by key, and the
// pipeline is judged by it.
func TestSchedulesComeFromTheConfigFile(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	b.env["NIGHT_URL"] = b.url
	writeFile(t, filepath.Join(b.env["XDG_CONFIG_HOME"], "sextant", "config.yaml"), `
stages:
  mirt-calibrate: {schedule: "0 3 * * 0", grace: 2h}
  detect-inactivity: {enabled: false}
profiles:
  night:
    database_env: NIGHT_URL
    stages:
      mirt-calibrate: {grace: 90m}
      detect-inactivity: {schedule: "30 5 * * *"}
`)
	type line struct {
		Stage    string  `json:"stage"`
		Name     string  `json:"name"`
		Schedule string  `json:"schedule"`
		Grace    float64 `json:"grace_seconds"`
		Enabled  bool    `json:"enabled"`
		State    string  `json:"state"`
	}
	of := func(list []line, stage string) line {
		for _, l := range list {
			if l.Stage == stage || l.Name == stage {
				return l
			}
		}
		t.Fatalf("no %s in %+v", stage, list)
		return line{}
	}
	file, night := read[[]line](b, "schedule"), read[[]line](b, "schedule", "--profile", "night")
	if l := of(file, "mirt-calibrate"); l.Schedule != "0 3 * * 0" || l.Grace != 7200 {
		t.Errorf("the file: %+v", l)
	}
	if l := of(night, "mirt-calibrate"); l.Schedule != "0 3 * * 0" || l.Grace != 5400 {
		t.Errorf("the profile: %+v", l)
	}
	if l := of(night, "detect-inactivity"); l.Schedule != "30 5 * * *" || l.Enabled {
		t.Errorf("the profile: %+v", l)
	}
	type pipeline struct {
		Stages []line `json:"stages"`
	}
	status := read[pipeline](b, "status", "--profile", "night").Stages
	if l := of(status, "mirt-calibrate"); l.Schedule != "0 3 * * 0" || l.State != "never" {
		t.Errorf("status: %+v", l)
	}
	if l := of(status, "detect-inactivity"); l.State != "off" {
		t.Errorf("status: %+v", l)
	}
	b.ok("run", "detect-inactivity", "--trigger", "cron")
	b.fails(exitFailed, "switched off in the config file", "run", "detect-inactivity", "--trigger", "cli")
}
