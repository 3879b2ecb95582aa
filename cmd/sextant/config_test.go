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
	if err != nil || len(c.Profiles) != 3 {
		t.Errorf("%v, %+v", err, c)
	}
	for _, colour := range colours {
		if !strings.Contains(string(doc), colour) {
			t.Errorf("docs/config.md does not name the colour %s", colour)
		}
	}
}
