package report

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// recorder is the canvas that gonum/plot draws on, in the figure's own
// coordinates: plot's y goes up from the lower edge, a figure's down from the
// upper one. Nothing in a report's figures is turned, scaled or a photograph.
type recorder struct {
	figure Figure
	recorderState
	saved []recorderState
}

type recorderState struct {
	color  rgb
	line   stroke
	offset vg.Point
}

var _ vg.CanvasSizer = (*recorder)(nil)

func newRecorder(width, height float64) *recorder {
	r := &recorder{figure: Figure{width: width, height: height}}
	vg.Initialize(r)
	return r
}

func (r *recorder) Size() (width, height vg.Length) {
	return vg.Length(r.figure.width), vg.Length(r.figure.height)
}

func (r *recorder) SetLineWidth(w vg.Length) { r.line.width = float64(w) }

func (r *recorder) SetLineDash(pattern []vg.Length, _ vg.Length) {
	r.line.dash = nil
	for _, length := range pattern {
		r.line.dash = append(r.line.dash, float64(length))
	}
}

func (r *recorder) SetColor(c color.Color) { r.color = toRGB(c) }

func (r *recorder) Translate(by vg.Point) { r.offset = r.offset.Add(by) }

func (r *recorder) Rotate(float64)                      { panic("a report's figure is turned") }
func (r *recorder) Scale(float64, float64)              { panic("a report's figure is scaled") }
func (r *recorder) DrawImage(vg.Rectangle, image.Image) { panic("a report's figure holds an image") }
func (r *recorder) FillString(font.Face, vg.Point, string) {
	panic("a report's text has no typesetter")
}

func (r *recorder) Push() {
	kept := r.recorderState
	kept.line.dash = slices.Clone(kept.line.dash)
	r.saved = append(r.saved, kept)
}

func (r *recorder) Pop() {
	r.recorderState = r.saved[len(r.saved)-1]
	r.saved = r.saved[:len(r.saved)-1]
}

func (r *recorder) Stroke(path vg.Path) {
	if r.line.width > 0 && len(path) > 0 {
		line := stroke{width: r.line.width, dash: slices.Clone(r.line.dash)}
		r.figure.marks = append(r.figure.marks, mark{color: r.color, path: r.convert(path), line: &line})
	}
}

func (r *recorder) Fill(path vg.Path) {
	if len(path) > 0 {
		r.figure.marks = append(r.figure.marks, mark{color: r.color, path: r.convert(path)})
	}
}

func (r *recorder) point(p vg.Point) point {
	p = p.Add(r.offset)
	return point{x: float64(p.X), y: r.figure.height - float64(p.Y)}
}

func (r *recorder) convert(path vg.Path) []segment {
	var out []segment
	for _, step := range path {
		switch step.Type {
		case vg.MoveComp:
			out = append(out, segment{kind: 'M', points: [3]point{r.point(step.Pos)}})
		case vg.LineComp:
			out = append(out, segment{kind: 'L', points: [3]point{r.point(step.Pos)}})
		case vg.CurveComp:
			c1, c2 := step.Control[0], step.Control[len(step.Control)-1]
			out = append(out, segment{kind: 'C', points: [3]point{r.point(c1), r.point(c2), r.point(step.Pos)}})
		case vg.ArcComp:
			out = append(out, r.arc(step)...)
		case vg.CloseComp:
			out = append(out, segment{kind: 'Z'})
		}
	}
	return out
}

// arc is one curve for each quarter, true to a few thousandths of the radius.
func (r *recorder) arc(a vg.PathComp) []segment {
	quarters := max(1, math.Ceil(math.Abs(a.Angle)/(math.Pi/2)-1e-9))
	turn := a.Angle / quarters
	reach := 4.0 / 3 * math.Tan(turn/4)
	at := func(angle, along float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return a.Pos.Add(vg.Point{X: vg.Length(cos - along*sin), Y: vg.Length(sin + along*cos)}.Scale(a.Radius))
	}
	var out []segment
	for q := range int(quarters) {
		from := a.Start + float64(q)*turn
		out = append(out, segment{kind: 'C', points: [3]point{
			r.point(at(from, reach)), r.point(at(from+turn, -reach)), r.point(at(from+turn, 0)),
		}})
	}
	return out
}

// typesetter measures plot's texts with the report's fonts and records them
// whole, with their anchor.
type typesetter struct {
	fonts *Fonts
	to    *recorder
}

var _ text.Handler = typesetter{}

func (typesetter) Cache() *font.Cache { return nil }

func (typesetter) Extents(f font.Font) font.Extents {
	return font.Extents{Ascent: ascent * f.Size, Descent: descent * f.Size, Height: (ascent + descent) * f.Size}
}

func (typesetter) Lines(s string) []string { return strings.Split(s, "\n") }

func (t typesetter) Box(s string, f font.Font) (width, height, depth vg.Length) {
	w := t.fonts.width(t.fonts.printable(s), weightOf(f), float64(f.Size))
	return vg.Length(w), ascent * f.Size, descent * f.Size
}

func (t typesetter) Draw(_ vg.Canvas, s string, style text.Style, at vg.Point) {
	lines := t.Lines(s)
	leading := (ascent + descent) * style.Font.Size
	at.Y += style.Height(s) * vg.Length(style.YAlign) // plot means the last baseline of text at its bottom
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		place := at.Add(vg.Point{Y: leading * vg.Length(len(lines)-1-i)})
		t.to.figure.marks = append(t.to.figure.marks, mark{color: toRGB(style.Color), text: &label{
			words: line, at: t.to.point(place), size: float64(style.Font.Size), weight: weightOf(style.Font),
			anchor: map[draw.XAlignment]anchor{draw.XLeft: start, draw.XCenter: middle, draw.XRight: end}[style.XAlign],
		}})
	}
}

func weightOf(f font.Font) int {
	if f.Weight > 0 {
		return bold
	}
	return regular
}
