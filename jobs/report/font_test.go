package report

import (
	"bytes"
	"strings"
	"testing"
)

func testFonts(t testing.TB) *Fonts {
	t.Helper()
	fonts, err := NewFonts()
	if err != nil {
		t.Fatal(err)
	}
	return fonts
}

func TestPrintableShowsEveryCharacterOrABox(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for _, c := range []struct{ text, want string }{
		{"θ = −0.42 ±0.31 → 한글", "θ = −0.42 ±0.31 → 한글"},
		{"뷁쀍힣 ①②㎡ é ñ", "뷁쀍힣 ①②㎡ é ñ"},
		{"한글", "한글"}, // decomposed, as macOS names files
		{"é", "é"},
		{"👍🏽", "□"},          // with a skin colour
		{"👩‍👩‍👧 ok", "□ ok"}, // one family
		{"🇰🇷", "□"},          // two characters, one flag
		{"1️⃣", "□"},
		{"سلام", "□□□□"},
		{"漢字", "□□"},
		{"a\tb\nc\x00d", "a b c d"},
		{"a\u202eb\u200bc", "abc"}, // direction override, zero width space
		{"a\xffb", "a□b"},
		{"x̶y", "xy"}, // struck through by a mark that the font lacks
		{"\U0001D703", "□"},
		{"", ""},
	} {
		if got := fonts.printable(c.text); got != c.want {
			t.Errorf("printable(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestFitCutsByWidthBetweenCharacters(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for _, text := range []string{
		strings.Repeat("일차방정식", 40), strings.Repeat("👩‍👩‍👧", 50), strings.Repeat("W", 300), strings.Repeat("i", 300),
	} {
		cut := fonts.fit(text, regular, 10, 100)
		if w := fonts.width(fonts.printable(cut), regular, 10); w > 100 || w < 80 {
			t.Errorf("%.20q… cut to 100 is %.1f wide: %q", text, w, cut)
		}
		if !strings.HasSuffix(cut, "…") || !strings.HasPrefix(text, strings.TrimSuffix(cut, "…")) {
			t.Errorf("%.20q… is cut to %q", text, cut)
		}
	}
	if got := fonts.fit("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", regular, 10, 22); got != "👩‍👩‍👧…" {
		t.Errorf("a family is torn apart: %q", got)
	}
	if got := fonts.fit("함수", regular, 10, 100); got != "함수" {
		t.Errorf("a text that fits became %q", got)
	}
}

func TestSubsetDependsOnItsCharactersAlone(t *testing.T) {
	t.Parallel()
	characters := []rune(" !0123함수방정식éÁθ")
	fresh := testFonts(t).faces[regular].subset(characters)
	used := testFonts(t).faces[regular]
	used.subset([]rune("전혀 다른 Ångström ė 글자"))
	if !bytes.Equal(used.subset(characters), fresh) {
		t.Error("what was printed before changes the subset")
	}
	if len(fresh) > 12<<10 {
		t.Errorf("the subset of %d characters has %d bytes", len(characters), len(fresh))
	}
}

func BenchmarkSubset(b *testing.B) {
	face := testFonts(b).faces[regular]
	var characters []rune
	for r := range rune(300) {
		characters = append(characters, '가'+r*7)
	}
	for b.Loop() {
		face.subset(characters)
	}
}

func BenchmarkNewFonts(b *testing.B) {
	for b.Loop() {
		testFonts(b)
	}
}
