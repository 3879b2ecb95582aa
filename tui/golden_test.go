package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// drawing is a frame in one palette.
type drawing struct {
	palette string
	frame   string
}

// golden is what a golden file keeps of a frame in several palettes: the text
// that they share and then, by the line, which of its cells look alike: a4 is
// four cells in the style a, .4 four in none. What each style is in each palette
// comes last. Palettes of which the same cells look alike share their lines.
func golden(drawings []drawing) (string, error) {
	var b strings.Builder
	text := plainText(drawings[0].frame)
	b.WriteString(text)
	type group struct {
		runs     string
		palettes []string
		legends  [][]string
	}
	var groups []*group
	for _, d := range drawings {
		if other := plainText(d.frame); other != text {
			return "", fmt.Errorf("the frame in %s reads otherwise:\n%s", d.palette, other)
		}
		runs, legend := runsOf(d.frame)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.runs == runs })
		if i < 0 {
			i, groups = len(groups), append(groups, &group{runs: runs})
		}
		groups[i].palettes, groups[i].legends = append(groups[i].palettes, d.palette), append(groups[i].legends, legend)
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "== %s\n%s", strings.Join(g.palettes, ", "), g.runs)
		for i, legend := range g.legends {
			fmt.Fprintf(&b, "%s: %s\n", g.palettes[i], strings.Join(legend, "  "))
		}
	}
	return b.String(), nil
}

// plainText is a frame without styles, and without the blanks at the ends of its
// lines.
func plainText(frame string) string { return unpadded(ansi.Strip(frame)) + "\n" }

// runsOf are the runs of cells that look alike, by the line, and the styles in
// the order of their letters.
func runsOf(frame string) (runs string, legend []string) {
	var b strings.Builder
	for row := range strings.SplitSeq(strings.TrimRight(frame, "\n"), "\n") {
		var words []string
		last, cells := "", 0
		flush := func() {
			if cells > 0 {
				words = append(words, fmt.Sprintf("%s%d", last, cells))
			}
			cells = 0
		}
		style, state := ".", byte(0)
		for row != "" {
			seq, width, n, next := ansi.DecodeSequence(row, state, nil)
			state, row = next, row[n:]
			if width == 0 {
				style = letter(&legend, seq)
				continue
			}
			if style != last {
				flush()
			}
			last, cells = style, cells+width
		}
		if last != "." {
			flush()
		}
		b.WriteString(strings.Join(words, " ") + "\n")
	}
	return b.String(), legend
}

// letter is a style's name in a golden file.
func letter(legend *[]string, seq string) string {
	look := strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m")
	if look == "" {
		return "."
	}
	for _, l := range *legend {
		if name, of, _ := strings.Cut(l, " "); of == look {
			return name
		}
	}
	name := nth(len(*legend))
	*legend = append(*legend, name+" "+look)
	return name
}

// nth is the n-th name: a to z, then A to Z, then pairs.
func nth(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if n < len(letters) {
		return letters[n : n+1]
	}
	return nth(n/len(letters)-1) + nth(n%len(letters))
}
