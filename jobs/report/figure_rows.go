package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rowHeight is a row's of the figures that have one for each topic: its name,
// and its bar below, so that a phone has room for both.
const rowHeight = 32

// shareRow is a row of a figure of shares.
type shareRow struct {
	name  string
	note  string // before the value
	value string // at the end of the name's line
	share float64
	was   *float64 // the share to compare with
}

// shareBars draws rows of bars from 0 to 1 over their names, the first on top.
type shareBars struct {
	*sketch
	rows []shareRow
	goal float64 // a line at this share; 0: none
}

// sharePlot is a plot of rows with an axis in percent.
func (s *sketch) sharePlot(bars shareBars) *plot.Plot {
	p := s.plot()
	p.X.Min, p.X.Max = 0, 1
	p.Y.Min, p.Y.Max = 0, float64(len(bars.rows))
	p.Y.Tick.Marker, p.Y.Padding = plot.ConstantTicks{}, 0
	var marks plot.ConstantTicks
	for i, label := range []string{" ", "25", "50", "75", " "} { // the ends' labels stand within, see ends
		marks = append(marks, plot.Tick{Value: float64(i) / 4, Label: label})
	}
	p.X.Tick.Marker = marks
	p.Add(bars)
	return p
}

// Plot implements plot.Plotter.
func (b shareBars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	b.ends(&c)
	for i, row := range b.rows {
		bottom := y(float64(len(b.rows)-1-i)) + 7
		top := bottom + 9
		b.nameRow(&c, row, top+2)
		fillRect(&c, rule, x(0), bottom, x(1), top)
		share := min(max(row.share, 0), 1)
		if share > 0 {
			fillRect(&c, blue, x(0), bottom, x(share), top)
		}
		if row.was != nil {
			place := min(max(x(min(max(*row.was, 0), 1)), c.Min.X+4.8), c.Max.X-4.8) // whole, at the ends too
			diamond(&c, 4.2, vg.Point{X: place, Y: (bottom + top) / 2})
		}
		if b.goal > 0 {
			c.StrokeLine2(goalStyle(white, 3, nil), x(b.goal), bottom, x(b.goal), top)
			c.StrokeLine2(goalStyle(ink, 1.4, []vg.Length{3, 2}), x(b.goal), bottom-3, x(b.goal), top+3)
		}
	}
}

// ends labels the axis' ends so that they do not stick out.
func (b shareBars) ends(c *draw.Canvas) {
	y := c.Min.Y - 3 // the tick's length
	write(c, b.text(textSize, regular, soft, draw.XLeft, draw.YTop), c.Min.X, y, "0")
	write(c, b.text(textSize, regular, soft, draw.XRight, draw.YTop), c.Max.X, y, "100")
}

func goalStyle(color rgb, width vg.Length, dashes []vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: color, Width: width, Dashes: dashes}
}

// nameRow writes a row's name from the left and its value up to the right.
func (b shareBars) nameRow(c *draw.Canvas, row shareRow, y vg.Length) {
	value := b.text(textSize, bold, ink, draw.XRight, draw.YBottom)
	name := b.text(textSize, regular, ink, draw.XLeft, draw.YBottom)
	write(c, value, c.Max.X, y, row.value)
	right := c.Max.X - value.Width(row.value) - 8
	if row.note != "" {
		note := b.text(smallSize, regular, soft, draw.XRight, draw.YBottom)
		write(c, note, right, y, row.note)
		right -= note.Width(row.note) + 8
	}
	// A browser's font may be a little wider than ours.
	write(c, name, c.Min.X, y, b.fonts.fit(Shown(row.name), regular, textSize, 0.94*float64(right-c.Min.X)))
}
