package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	xfont "golang.org/x/image/font"
)

// rgb is an opaque colour.
type rgb struct{ r, g, b uint8 }

// RGBA makes it a color.Color.
func (c rgb) RGBA() (r, g, b, a uint32) { return color.RGBA{c.r, c.g, c.b, 255}.RGBA() }

func toRGB(c color.Color) rgb {
	if c == nil {
		return ink
	}
	opaque := color.RGBAModel.Convert(c).(color.RGBA)
	return rgb{opaque.R, opaque.G, opaque.B}
}

// luminance is the relative luminance that WCAG's contrast stands on: what is
// left of a colour in greyscale.
func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// The colours: blue and orange from Okabe & Ito (2008), which every kind of
// colour vision tells apart, in tones that greyscale tells apart too.
var (
	ink    = rgb{0x1b, 0x24, 0x2d}
	soft   = rgb{0x4d, 0x5b, 0x69} // words of less weight
	rule   = rgb{0xdd, 0xe3, 0xe9} // grid lines, tracks
	axis   = rgb{0x8a, 0x97, 0xa4}
	blue   = rgb{0x00, 0x5a, 0x92}
	pale   = rgb{0xc6, 0xdf, 0xf1} // blue's band
	edge   = rgb{0x5b, 0x9b, 0xc9} // the band's edge
	orange = rgb{0xf0, 0xb9, 0x4a}
	rust   = rgb{0x9a, 0x5b, 0x00} // orange's hatching and outline
	white  = rgb{0xff, 0xff, 0xff}
)

// The sizes of text, in a figure's points.
const (
	titleSize = 12.5
	textSize  = 10
	smallSize = 9.5
)

// sketch is a figure being drawn.
type sketch struct {
	fonts    *Fonts
	language Language
	words    FigureWords
	*recorder
	canvas draw.Canvas
}

// begin gives the sketch its paper and writes the title on it.
func (s *sketch) begin(height float64, title string) {
	s.recorder = newRecorder(figureWidth, height)
	s.canvas = draw.New(s.recorder)
	title = s.fonts.fit(title, bold, titleSize, figureWidth)
	write(&s.canvas, s.text(titleSize, bold, ink, draw.XLeft, draw.YTop), 0, s.canvas.Max.Y, title)
	s.canvas.Max.Y -= titleSize*(ascent+descent) + 3
}

func (s *sketch) finish() *Figure { return &s.figure }

// text is a style of text.
func (s *sketch) text(size float64, weight int, c rgb, x draw.XAlignment, y draw.YAlignment) text.Style {
	f := font.Font{Size: vg.Length(size)}
	if weight == bold {
		f.Weight = xfont.WeightBold
	}
	return text.Style{Color: c, Font: f, XAlign: x, YAlign: y, Handler: typesetter{s.fonts, s.recorder}}
}

// write sets a text with its box, not its baseline, at a place.
func write(c *draw.Canvas, style text.Style, x, y vg.Length, words string) {
	c.FillText(style, vg.Point{X: x, Y: y + descent*style.Font.Size}, words)
}

// key is an entry of a legend: a sample, drawn in a box of 16 by 8, and its meaning.
type key struct {
	sample func(c draw.Canvas)
	words  string
}

// legend writes the keys below the title, in as many lines as they take.
func (s *sketch) legend(keys ...key) {
	const sample, gap, line = 16, 5, smallSize*(ascent+descent) + 1
	style := s.text(smallSize, regular, soft, draw.XLeft, draw.YCenter)
	x, y := vg.Length(0), s.canvas.Max.Y-line/2
	for _, k := range keys {
		words := s.fonts.fit(k.words, regular, smallSize, figureWidth-sample-gap)
		width := sample + gap + style.Width(words)
		if x > 0 && x+width > figureWidth {
			x, y = 0, y-line
		}
		box := s.canvas
		box.Min, box.Max = vg.Point{X: x, Y: y - 4}, vg.Point{X: x + sample, Y: y + 4}
		k.sample(box)
		write(&s.canvas, style, x+sample+gap, y, words)
		x += width + 14
	}
	s.canvas.Max.Y = y - line/2 - 5
}

// axisLabels writes what the axes measure: the vertical one's above its end,
// upright, the horizontal one's below its end.
func (s *sketch) axisLabels(x, y string) {
	const line = smallSize*(ascent+descent) + 2
	if y != "" {
		write(&s.canvas, s.text(smallSize, regular, soft, draw.XLeft, draw.YTop), 0, s.canvas.Max.Y, y)
		s.canvas.Max.Y -= line + 2
	}
	if x != "" {
		write(&s.canvas, s.text(smallSize, regular, soft, draw.XRight, draw.YBottom), figureWidth, 0, x)
		s.canvas.Min.Y += line
	}
}

// plot is an empty plot in the report's style.
func (s *sketch) plot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = typesetter{s.fonts, s.recorder}
	p.X.LineStyle = draw.LineStyle{Color: axis, Width: 0.8}
	p.X.Tick.LineStyle = p.X.LineStyle
	p.X.Tick.Length = 3
	p.X.Tick.Label = s.text(textSize, regular, soft, draw.XCenter, draw.YTop)
	p.X.Padding = 0
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Tick.Length = 0
	p.Y.Tick.Label = s.text(textSize, regular, soft, draw.XRight, draw.YCenter)
	p.Y.Padding = 4
	return p
}

// grid draws a rule at each of the given values, across.
type grid struct{ x, y []float64 }

// Plot implements plot.Plotter.
func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: rule, Width: 0.7}
	for _, v := range g.y {
		c.StrokeLine2(style, c.Min.X, y(v), c.Max.X, y(v))
	}
	for _, v := range g.x {
		c.StrokeLine2(style, x(v), c.Min.Y, x(v), c.Max.Y)
	}
}

// ticks are round values from min to max, some n of them, and their labels.
func (s *sketch) ticks(minimum, maximum float64, n int) (values []float64, marks plot.ConstantTicks) {
	step, decimals := niceStep((maximum - minimum) / float64(n))
	for k := math.Ceil(minimum/step - 1e-9); k*step <= maximum+step*1e-9; k++ {
		values = append(values, k*step)
		marks = append(marks, plot.Tick{Value: k * step, Label: s.language.Number(k*step, decimals)})
	}
	return values, marks
}

// niceStep is the 1, 2 or 5 of a power of ten that is at least as wide, and the
// decimals that its multiples need.
func niceStep(width float64) (step float64, decimals int) {
	power := math.Floor(math.Log10(width))
	for _, m := range []float64{1, 2, 5, 10} {
		step = m * math.Pow(10, power)
		if step >= width*(1-1e-9) {
			if m == 10 {
				power++
			}
			break
		}
	}
	return step, max(0, -int(power))
}

func fillRect(c *draw.Canvas, color rgb, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(color, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}

// hatchedRect is orange with slanting lines, so that it is not colour alone that
// tells it from blue.
func hatchedRect(c *draw.Canvas, x0, y0, x1, y1 vg.Length) {
	fillRect(c, orange, x0, y0, x1, y1)
	var lines vg.Path
	for from := x0 - (y1 - y0) + 2; from < x1; from += 4 {
		a, b := max(from, x0), min(from+(y1-y0), x1)
		lines.Move(vg.Point{X: a, Y: y0 + a - from})
		lines.Line(vg.Point{X: b, Y: y0 + b - from})
	}
	c.SetLineStyle(draw.LineStyle{Color: rust, Width: 0.8})
	c.Stroke(lines)
	outline := []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}}
	c.StrokeLines(draw.LineStyle{Color: rust, Width: 0.8}, outline)
}

func dot(c *draw.Canvas, color rgb, radius vg.Length, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: color, Radius: radius, Shape: draw.CircleGlyph{}}, at)
}

// diamond is white with a dark outline: it shows on any bar, in any print.
func diamond(c *draw.Canvas, radius vg.Length, at vg.Point) {
	corners := []vg.Point{
		at.Add(vg.Point{Y: radius}), at.Add(vg.Point{X: radius}),
		at.Add(vg.Point{Y: -radius}), at.Add(vg.Point{X: -radius}),
	}
	c.FillPolygon(white, corners)
	c.StrokeLines(draw.LineStyle{Color: ink, Width: 1.1}, append(corners, corners[0]))
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
