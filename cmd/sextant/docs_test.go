package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands that the README and the docs tell an operator to type do what
// they say: each exits with 0 on the demo.
func TestTheCommandsInTheDocsRun(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	var user, run string
	pool := b.pool()
	if err := pool.QueryRow(t.Context(), `SELECT user_id FROM sextant.learner ORDER BY answers DESC LIMIT 1`).Scan(&user); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(t.Context(), `SELECT id::text FROM sextant.run ORDER BY created_at DESC LIMIT 1`).Scan(&run); err != nil {
		t.Fatal(err)
	}
	// The demo's days are past, and all its estimates were made a moment ago.
	if _, err := pool.Exec(t.Context(), `UPDATE sextant.theta_history SET estimated_at = as_of`); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "docs/freshness.md", "docs/theta.md", "docs/report.md"} {
		commands := documented(t, filepath.Join("..", "..", file))
		if len(commands) == 0 {
			t.Errorf("%s has no commands", file)
		}
		for _, c := range commands {
			args := words(c)
			for i, w := range args {
				switch w {
				case "USER":
					args[i] = user
				case "RUN":
					args[i] = run
				}
			}
			if r := b.sextant(args...); r.code != exitDone {
				t.Errorf("%s: sextant %s: exit %d: %s", file, c, r.code, r.errOut)
			}
		}
	}
}

var (
	cronLine = regexp.MustCompile(`^([0-9*/,-]+\s+){5}`)
	quoted   = regexp.MustCompile(`"[^"]*"|\S+`)
)

// documented lists the arguments of the sextant commands in a page's code
// blocks; `sextant` alone, the console, is tested in a terminal.
func documented(t *testing.T, file string) (commands []string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(page), "```") {
		if i%2 == 0 {
			continue
		}
		for _, line := range strings.Split(block, "\n") {
			line, _, _ = strings.Cut(cronLine.ReplaceAllString(line, ""), " #")
			if c, ok := strings.CutPrefix(strings.TrimSpace(line), "sextant "); ok && strings.TrimSpace(c) != "" {
				commands = append(commands, strings.TrimSpace(c))
			}
		}
	}
	return commands
}

// words splits a command line at blanks outside double quotes.
func words(line string) []string {
	out := quoted.FindAllString(line, -1)
	for i, w := range out {
		out[i] = strings.Trim(w, `"`)
	}
	return out
}
