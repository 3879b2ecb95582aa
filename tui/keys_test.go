package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keyPage is where the keys of every screen are listed.
const keyPage = "../docs/keys.md"

// places are the screens and boxes of the key page: how to get there from the
// start.
var places = []struct{ title, about, keys, typed, beyond string }{
	{"Pipeline", "", "", "", ""},
	{"Stage", "the runs in front", "enter", "", ""},
	{"Stage, the calendar in front", "", "enter tab", "", "Stage"},
	{"Stage, the parameters in front", "", "enter tab tab", "", "Stage"},
	{"Runs", "", "2", "", ""},
	{"Run", "", "2 enter", "", ""},
	{"A comparison of two runs", "", "2 space j j c", "", ""},
	{"Learners", "", "3", "", ""},
	{"Learner", "the answers in front", "3 enter", "", ""},
	{"Learner, the topics in front", "", "3 enter tab", "", "Learner"},
	{"Learner, the KPIs in front", "", "3 enter tab tab", "", "Learner"},
	{"Learner, the history in front", "", "3 enter shift+tab", "", "Learner"},
	{"Why", "each answer's pull on a learner's θ", ":", "why 김서연", ""},
	{"Recompute", "the preview of a learner's new θ", "3 enter T", "", ""},
	{"Undo", "the estimates to go back to", "3 enter U", "", ""},
	{"Items", "", "4", "", ""},
	{"Item", "", "4 enter", "", ""},
	{"A refused calibration", "`r` on Items, `i` on the run that failed", "4 r", "", ""},
	{"Reports", "", "5", "", ""},
	{"Quarantine", "", "6", "", ""},
	{"A quarantine's reason", "", "6 enter", "", ""},
	{"Workers", "", "7", "", ""},
	{"Log", "the changes made from this console", ":", "log", ""},
	{"Forms", "run, backfill", "R", "", ""},
	{"A choice in a form", "", "R tab tab", "", "Forms"},
	{"The calendar of a backfill", "", "B tab tab", "", "Forms"},
	{"Pausing a stage", "", "P", "", "Forms"},
	{"The options of a recompute", "", "3 enter T e", "", "Forms"},
	{"Preview", "", "R enter", "", ""},
	{"Confirmation", "it rests on Cancel, and ignores keys already in flight", "R enter enter", "", ""},
	{"The reason of a confirmation", "while it is being typed", "3 enter T enter tab tab", "", ""},
	{"Filter", "while it is being typed", "2 /", "", ""},
	{"Saved filters", "`f` on Runs and Learners", "2 f", "", ""},
	{"One of many", "a bank, a topic", "4 b", "", ""},
	{"Saving a log", "", "2 enter ctrl+s", "", ""},
	{"Texts", "`d` and `?`", "d", "", ""},
	{"Profiles", "`:ctx`", ":", "ctx", ""},
	{"Command line", "", ":", "", ""},
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
			if k.Help == "" && k.Label == "" {
				t.Errorf("%s: nothing is said of %q", title, k.Strokes)
			}
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
	of, drawn := map[string][]Key{}, map[string]bool{}
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
		of[p.title] = d.app.front().Keys()
		drawn[fmt.Sprintf("%T", d.app.front())] = true
		var own []Key
		for _, k := range of[p.title] {
			if !slices.ContainsFunc(slices.Concat(moves, of[p.beyond]), func(m Key) bool { return slices.Equal(m.Strokes, k.Strokes) && m.Help == k.Help && m.Label == k.Label }) {
				own = append(own, k)
			}
		}
		switch {
		case len(own) == 0:
			fmt.Fprintf(&b, "\n## %s\n\nThe keys of *%s*.\n", p.title, p.beyond)
		case p.beyond != "" && p.about == "":
			section(p.title, "beside the keys of *"+p.beyond+"*", own)
		default:
			section(p.title, p.about, own)
		}
	}
	for _, kind := range keyed(t) {
		if !drawn["*tui."+kind] {
			t.Errorf("the page lacks the keys of %s", kind)
		}
	}
	return b.String()
}

// keyed lists the types of the package that have keys of their own.
func keyed(t *testing.T) (kinds []string) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	method := regexp.MustCompile(`(?m)^func \(\w+ \*(\w+)\) Keys\(\) \[\]Key`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range method.FindAllStringSubmatch(string(text), -1) {
			kinds = append(kinds, m[1])
		}
	}
	if len(kinds) < 20 {
		t.Fatalf("found the keys of %q alone", kinds)
	}
	return kinds
}
