package report

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// drawDays is the week's answers by day, the correct ones below the wrong ones.
func drawDays(s *sketch, d Document) *Figure {
	if answers, _ := d.Answers(); answers == 0 {
		return nil
	}
	s.begin(196, s.words.DaysTitle)
	s.legend(key{sampleCorrect, s.words.Correct}, key{sampleWrong, s.words.Wrong})
	s.axisLabels("", s.words.DaysY)

	p := s.plot()
	most := 0
	var names plot.ConstantTicks
	for i, day := range d.Days {
		most = max(most, day.Answers)
		label := s.language.Weekday(day.Date) + "\n" + s.language.ShortDate(day.Date)
		names = append(names, plot.Tick{Value: float64(i), Label: label})
	}
	p.X.Min, p.X.Max, p.X.Tick.Marker = -0.5, float64(len(d.Days))-0.5, names
	p.X.Tick.Length, p.X.Tick.LineStyle.Width = 0, 0
	p.Y.Min, p.Y.Max = 0, float64(most)*1.12
	values, marks := s.countTicks(most)
	p.Y.Tick.Marker = marks
	p.Add(grid{y: values[1:]}, dayBars{s, d.Days})
	p.Draw(s.canvas)
	return s.finish()
}

// countTicks are whole numbers.
func (s *sketch) countTicks(most int) ([]float64, plot.ConstantTicks) {
	step, _ := niceStep(math.Max(1, float64(most)/4))
	values, marks := []float64{}, plot.ConstantTicks{}
	for v := 0.0; v <= float64(most); v += step {
		values = append(values, v)
		marks = append(marks, plot.Tick{Value: v, Label: s.language.Count(int(v))})
	}
	return values, marks
}

func sampleCorrect(c draw.Canvas) { fillRect(&c, blue, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y) }
func sampleWrong(c draw.Canvas)   { hatchedRect(&c, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y) }

// dayBars are the stacked bars, each with its sum above.
type dayBars struct {
	*sketch
	days []Activity
}

// Plot implements plot.Plotter.
func (b dayBars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	half := (x(1) - x(0)) * 0.31
	for i, day := range b.days {
		if day.Answers <= 0 {
			continue
		}
		left, right := x(float64(i))-half, x(float64(i))+half
		correct, top := y(float64(day.Correct)), y(float64(day.Answers))
		if day.Correct > 0 {
			fillRect(&c, blue, left, c.Min.Y, right, correct)
		}
		if day.Answers > day.Correct {
			hatchedRect(&c, left, correct, right, top)
		}
		style := b.text(textSize, bold, ink, draw.XCenter, draw.YBottom)
		write(&c, style, x(float64(i)), top, b.language.Count(day.Answers))
	}
}
