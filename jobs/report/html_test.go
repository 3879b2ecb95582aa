package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

func renderHTML(t testing.TB, d Document, v Variant) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, d, v, Draw(testFonts(t), d, v.Language)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// htmlPages are all cases in some variants, by name.
func htmlPages(t testing.TB, variants ...Variant) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, c := range reportCases() {
		for _, v := range variants {
			pages[strings.ReplaceAll(c.name, " ", "-")+"."+v.String()] = renderHTML(t, c.document(t), v)
		}
	}
	return pages
}

func TestHTMLStandsAloneAndIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, page := range htmlPages(t, allVariants...) {
		if len(page) > 200<<10 {
			t.Errorf("%s is %d KB", name, len(page)>>10)
		}
		if !strings.HasPrefix(page, "<!DOCTYPE html>\n<html lang=\""+name[len(name)-2:]+"\">") {
			t.Errorf("%s begins with %q", name, page[:60])
		}
		if i := strings.IndexFunc(page, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
			t.Errorf("%s turns its text around at %q", name, page[max(0, i-40):i+20])
		}
		checkNesting(t, name, page)
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		checkElements(t, name, root)
	}
}

// checkNesting reads the page as a strict reader would: every element that can
// have an end is ended in its place.
func checkNesting(t *testing.T, name, page string) {
	t.Helper()
	void := []string{"meta"}
	var open []string
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s ends inside %v", name, open)
			}
			return
		case html.StartTagToken:
			if tag, _ := z.TagName(); !slices.Contains(void, string(tag)) {
				open = append(open, string(tag))
			}
		case html.EndTagToken:
			tag, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(tag) {
				t.Errorf("%s: </%s> inside %v", name, tag, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// checkElements looks for what must not, and what must, be in the page.
func checkElements(t *testing.T, name string, root *html.Node) {
	t.Helper()
	ids, refs, headings := map[string]int{}, []string{}, []string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "image", "use"}, n.Data) {
			t.Errorf("%s holds <%s>", name, n.Data)
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data != "hr" {
			headings = append(headings, n.Data)
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"src", "href", "style", "srcset", "background"}, a.Key) {
				t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			}
		}
		if id := attributes["id"]; id != "" {
			ids[id]++
		}
		refs = append(refs, strings.Fields(attributes["aria-labelledby"])...)
		if n.Data == "svg" && (attributes["role"] != "img" || attributes["aria-labelledby"] == "" || n.FirstChild.Data != "title") {
			t.Errorf("%s: a figure without a role, a name and a description: %v", name, n.Attr)
		}
		if n.Data == "table" && (n.FirstChild.NextSibling == nil || n.FirstChild.NextSibling.Data != "caption") {
			t.Errorf("%s: a table without a caption", name)
		}
	}
	for id, times := range ids {
		if times > 1 {
			t.Errorf("%s: id %q stands %d times", name, id, times)
		}
	}
	for _, ref := range refs {
		if ids[ref] == 0 {
			t.Errorf("%s: nothing has the id %q", name, ref)
		}
	}
	for i, h := range headings {
		if i == 0 && h != "h1" || i > 0 && (h == "h1" || h == "h3" && headings[i-1] == "h1") {
			t.Errorf("%s: headings %v", name, headings)
			break
		}
	}
}

func TestHTMLShowsNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	d := caseNamed(t, "bad data")
	root, err := html.Parse(strings.NewReader(renderHTML(t, d, Variant{Learner, Korean})))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "bdi" && n.FirstChild != nil {
			shown = append(shown, n.FirstChild.Data)
		}
	}
	if shown[0] != Shown(d.Learner) {
		t.Errorf("the heading is %q, want %q", shown[0], d.Learner)
	}
	for _, topic := range d.ShownTopics() {
		if want := name(topic.Topic).Text; !slices.Contains(shown, want) {
			t.Errorf("no bdi shows %q", want)
		}
	}
}

// Colours are those of the style's variables alone, and every pair that stands on
// one another has the contrast of WCAG 2.2 AA, 4.5 to 1.
func TestHTMLColoursHaveContrast(t *testing.T) {
	t.Parallel()
	css, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string]rgb{}
	root, rest, _ := strings.Cut(string(css), "}")
	for _, m := range regexp.MustCompile(`--(\w+): #(\w{2})(\w{2})(\w{2});`).FindAllStringSubmatch(root, -1) {
		colours[m[1]] = rgb{channel(t, m[2]), channel(t, m[3]), channel(t, m[4])}
	}
	if found := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(`).FindString(rest); found != "" {
		t.Errorf("a colour beside the variables: %s", found)
	}
	for _, pair := range [][2]string{{"ink", "paper"}, {"ink", "tint"}, {"soft", "paper"}, {"soft", "tint"}, {"blue", "paper"}, {"blue", "tint"}, {"paper", "blue"}} {
		if got := contrast(colours[pair[0]], colours[pair[1]]); got < 4.5 {
			t.Errorf("%s on %s has a contrast of %.2f", pair[0], pair[1], got)
		}
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`[^-]color: var\(--(\w+)\)`).FindAllStringSubmatch(rest, -1) {
		used[m[1]] = true
	}
	for name := range used {
		if !slices.Contains([]string{"ink", "soft", "blue", "paper"}, name) {
			t.Errorf("text in %s, whose contrast is not looked at", name)
		}
	}
}

func channel(t *testing.T, s string) uint8 {
	t.Helper()
	v, err := strconv.ParseUint(s, 16, 8)
	if err != nil {
		t.Fatal(err)
	}
	return uint8(v)
}

// html-validate knows HTML5's content models and ARIA; scripts/bootstrap installs
// it where npm is.
func TestHTMLIsValid(t *testing.T) {
	t.Parallel()
	validator, err := filepath.Abs("../../.cache/html-validate/node_modules/.bin/html-validate")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(validator); err != nil {
		t.Skip("html-validate is not here; scripts/bootstrap test installs it where npm is")
	}
	dir, args := t.TempDir(), []string{"--formatter", "text"}
	for name, page := range htmlPages(t, Variant{Teacher, English}) { // it has every element that the others have
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	config := `{"extends": ["html-validate:standard", "html-validate:a11y"], "rules": {"long-title": "off"}}`
	if err := os.WriteFile(filepath.Join(dir, ".htmlvalidate.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), validator, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%.4000s", err, out)
	}
}
