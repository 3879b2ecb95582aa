package jobs_test

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"sextant/jobs"
)

// A command is one line without control characters, and a shell reads from it
// the words that were given.
func TestCommandsAreReadByAShellAsGiven(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, word := range []string{"plain", "", "it's", "two words", "$HOME `x` \\ !", "line\nline", "\x1b[31mred\x07\ttab\r", "it's\n\\'\\n$HOME", "\u009b1m 가 \u0085 end", "a\x011"} {
		line := jobs.Shell("printf", "%s.", word)
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("%q becomes %q", word, line)
		}
		out, err := exec.CommandContext(t.Context(), bash, "-c", line).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q is read from %s as %q, %v", word, line, out, err)
		}
	}
}
