package report

// Figures are the figures of one document and language, by name; one that would
// be empty is not there.
type Figures map[FigureName]*Figure

// Figure is a drawing that was recorded once and is played back in each format.
// Its unit is a point at its natural size, its origin the upper left corner.
type Figure struct {
	width, height float64
	marks         []mark
}

// mark is one thing drawn: a filled or stroked path, or a text.
type mark struct {
	color rgb
	path  []segment
	line  *stroke // nil: the path is filled
	text  *label  // nil: a path
}

// stroke is how a path is drawn along.
type stroke struct {
	width float64
	dash  []float64
}

// label is a line of text. It keeps its anchor, since a browser's font is not
// quite as wide as the one that it was measured with.
type label struct {
	words  string
	at     point // y is the baseline
	size   float64
	weight int
	anchor anchor
}

// anchor is which point of a text stands at its place.
type anchor int

const (
	start anchor = iota
	middle
	end
)

// segment is a step of a path: M, L, C or Z as SVG has them, with its points.
type segment struct {
	kind   byte
	points [3]point
}

type point struct{ x, y float64 }

// figureWidth is every figure's: that of a phone's page, so that text is as
// large there as it says.
const figureWidth = 360

// Draw makes the figures of a document.
func Draw(fonts *Fonts, d Document, l Language) Figures {
	figures := Figures{}
	for name, draw := range map[FigureName]func(*sketch, Document) *Figure{
		TrajectoryFigure: drawTrajectory,
		DaysFigure:       drawDays,
		TopicsFigure:     drawTopics,
		GoalsFigure:      drawGoals,
	} {
		s := &sketch{fonts: fonts, language: l, words: l.FigureWords()}
		if figure := draw(s, d); figure != nil {
			figures[name] = figure
		}
	}
	return figures
}
