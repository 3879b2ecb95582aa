package jobs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sextant/jobs"
)

var unitName = regexp.MustCompile(`(?m)^# (sextant-[a-z-]+\.(?:service|timer))$`)

func TestSystemdTakesTheUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	program, err := os.Executable() // systemd wants it to be there
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AGG_LOOKBACK_DAYS": "14", "MIRT_MODEL": `50% "odd" 'x'`}
	m := jobs.Manifest{Program: program}
	intricate := "*/20 0,6-8 * jan-jun mon-fri"
	registry, err := jobs.Stages().With(map[string]jobs.Setting{"mirt-calibrate": {Schedule: &intricate}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := registry.Scheduled(time.Now(), func(k string) string { return env[k] }, m)
	if err != nil {
		t.Fatal(err)
	}
	text, dir := m.Systemd(list), t.TempDir()
	names := unitName.FindAllStringSubmatchIndex(text, -1)
	var files []string
	for i, at := range names {
		end := len(text)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		file := filepath.Join(dir, text[at[2]:at[3]])
		if err := os.WriteFile(file, []byte(text[at[1]:end]), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if len(files) != 11 {
		t.Errorf("%d units: %v", len(files), files)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
	var ours []string
	for line := range strings.Lines(string(out)) { // what it says of the machine's own units is the machine's
		if strings.Contains(line, "sextant-") {
			ours = append(ours, line)
		}
	}
	if err != nil || len(ours) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
