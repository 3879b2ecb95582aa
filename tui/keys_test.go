package tui

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// keyPage is where the keys of every screen are listed.
const keyPage = "../docs/keys.md"

// places are the screens and boxes of the key page: how to get there from the
// start.
var places = []struct{ title, about, keys, typed string }{
	{"Pipeline", "", "", ""},
	{"Stage", "the runs in front", "enter", ""},
	{"Stage, the calendar in front", "", "enter tab", ""},
	{"Runs", "", "2", ""},
	{"Run", "", "2 enter", ""},
	{"Learners", "", "3", ""},
	{"Learner", "", "3 enter", ""},
	{"Why", "each answer's pull on a learner's θ", ":", "why 김서연"},
	{"Recompute", "the preview of a learner's new θ", "3 enter T", ""},
	{"Items", "", "4", ""},
	{"Item", "", "4 enter", ""},
	{"A refused calibration", "`r` on Items, `i` on the run that failed", "4 r", ""},
	{"Reports", "", "5", ""},
	{"Quarantine", "", "6", ""},
	{"A quarantine's reason", "", "6 enter", ""},
	{"Workers", "", "7", ""},
	{"Log", "the changes made from this console", ":", "log"},
	{"Forms", "run, backfill, pause", "R", ""},
	{"The calendar of a backfill", "", "B tab tab", ""},
	{"Preview", "", "R enter", ""},
	{"Confirmation", "it rests on Cancel, and ignores keys already in flight", "R enter enter", ""},
	{"Filter", "while it is being typed", "2 /", ""},
	{"Command line", "", ":", ""},
}

// TestKeyPage holds docs/keys.md to the key maps that the console works by;
// -update writes it.
func TestKeyPage(t *testing.T) {
	page := writeKeys(t)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(keyPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(keyPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != page {
		t.Errorf("docs/keys.md is not what the key maps say; write it again with go test ./tui -run KeyPage -update")
	}
}

func writeKeys(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# Keys of the console\n\n`?` lists those of the screen in front. Lower case looks, upper case changes (marked ▲ here): a change is first\n" +
		"shown as a preview, then asked about. This page is generated from the key maps: `go test ./tui -run KeyPage -update`.\n")
	d := drive(t, newFixture(), 120, 36, Options{})
	moves := movement(&d.app.tops[topPipeline].(*pipeline).Table)
	section := func(title, about string, keys []Key) {
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		if about != "" {
			fmt.Fprintf(&b, "%s%s.\n\n", strings.ToUpper(about[:1]), about[1:])
		}
		b.WriteString("| key | does |\n|---|---|\n")
		for _, k := range keys {
			names := make([]string, len(k.Strokes))
			for i, s := range k.Strokes {
				names[i] = "`" + strings.ReplaceAll(shownStroke(s), "|", "\\|") + "`"
			}
			help, mark := k.Help, ""
			if help == "" {
				help = k.Label
			}
			if k.Changes {
				mark = " ▲"
			}
			fmt.Fprintf(&b, "| %s%s | %s |\n", strings.Join(names, " "), mark, help)
		}
	}
	section("Everywhere", "", d.app.globalKeys())
	section("In every list", "", moves)
	for _, p := range places {
		if n := strings.Fields(p.keys + " :")[0]; n >= "1" && n <= "9" && !slices.ContainsFunc(topScreens(), func(t top) bool { return t.number == n }) {
			continue
		}
		d := drive(t, newFixture(), 120, 36, Options{})
		if d.keys(p.keys); p.typed != "" {
			d.typed(p.typed).keys("enter")
		}
		var own []Key
		for _, k := range d.app.front().Keys() {
			if !slices.ContainsFunc(moves, func(m Key) bool { return slices.Equal(m.Strokes, k.Strokes) && m.Help == k.Help }) {
				own = append(own, k)
			}
		}
		section(p.title, p.about, own)
	}
	return b.String()
}
