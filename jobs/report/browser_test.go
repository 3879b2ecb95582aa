package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var pictures = flag.String("pictures", "", "write pictures of the reports to this folder (see scripts/pictures)")

// A real browser shows every page without a complaint, asks for nothing but the
// page, and never makes it wider than the window.
func TestHTMLInABrowser(t *testing.T) {
	t.Parallel()
	browser, dir := startChromium(t), t.TempDir()
	for name, page := range htmlPages(t, Variant{Teacher, Korean}, Variant{Teacher, English}) { // they hold all that the learner's do
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{390, 1280} {
			browser.open(file, width)
			if urls := browser.requests(); len(urls) != 1 || urls[0] != "file://"+file {
				t.Errorf("%s asks for %v", name, urls)
			}
			if said := browser.complaints(); said != nil {
				t.Errorf("%s: the console says %s", name, strings.Join(said, "\n"))
			}
			var wide []string
			browser.value(`[document.documentElement, ...document.querySelectorAll("body *")]
				.filter(e => !e.closest("svg, .folding thead") && (e.scrollWidth > innerWidth || e.getBoundingClientRect().right > innerWidth + 1))
				.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40))`, &wide)
			if len(wide) > 0 {
				t.Errorf("%s at %d pixels is too wide: %q", name, width, wide)
			}
		}
	}
}

// TestPictures draws the pictures of docs/report.md.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("only for scripts/pictures")
	}
	browser, dir := startChromium(t), t.TempDir()
	d := caseNamed(t, "rich")
	for _, v := range []Variant{{Learner, Korean}, {Teacher, English}} {
		file := filepath.Join(dir, v.String()+".html")
		if err := os.WriteFile(file, []byte(renderHTML(t, d, v)), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, width := range map[string]int{"390": 390, "1280": 1280} {
			browser.open(file, width)
			browser.picture(filepath.Join(*pictures, "report-"+strings.ReplaceAll(v.String(), ".", "-")+"-"+name+".png"), width)
		}
	}
}
