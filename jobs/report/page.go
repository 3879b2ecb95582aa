package report

// Page is a document in words: what every renderer shows, in this order, for
// one language and edition. Renderers add no words of their own but those of
// their medium, as a page's number.
type Page struct {
	Variant   Variant
	Title     string // of the file: window, PDF metadata
	Brand     string // the line above the heading, as "Weekly report"
	Heading   Text   // the learner
	Period    string // the week in the language's form
	Lead      []Text // what matters most, in a sentence or three
	Sections  []Section
	Footnotes []Footnote // how the numbers are defined
	Footer    []string   // run, time, program
	Numbering string     // a page's number, with %d twice: this page, all pages
}

// Section is a part with a heading of its own; a bookmark in the PDF.
type Section struct {
	ID     string // an anchor: stable, ASCII
	Title  string
	Blocks []Block
}

// Block is one piece of a section; exactly one of its fields is set.
type Block struct {
	Paragraph *Paragraph
	Cards     []Card
	Table     *Table
	Figure    *FigureBlock
	Advice    []AdviceItem
	Facts     []Fact
}

// Paragraph is running text.
type Paragraph struct {
	Text Text
	Tone Tone
}

// Tone is what kind of paragraph one is.
type Tone string

// The tones.
const (
	Plain   Tone = ""        // running text
	Missing Tone = "missing" // says that something is not known, and why
	Note    Tone = "note"    // an explanation, smaller
)

// Card shows one KPI.
type Card struct {
	Key     string // I_t…
	Name    string // plain words
	Value   string // empty: not known, and Missing says why
	Missing string
	Meaning string // what the value says, in a sentence
	Last    string // last week's value, in words
	Change  string // up, down or steady, in words; empty: there is nothing to compare with
	Trend   Trend
}

// Trend is which way a value went; the words beside it say the same.
type Trend string

// The trends.
const (
	Up      Trend = "up"
	Down    Trend = "down"
	Steady  Trend = "steady"
	Unknown Trend = "unknown"
)

// Symbol is a sign for the trend, for the eye alone.
func (t Trend) Symbol() string {
	switch t {
	case Up:
		return "▲"
	case Down:
		return "▼"
	case Steady:
		return "●"
	}
	return ""
}

// Table has a heading for every column; the first column names the row.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Text
	Compact bool // narrow enough for a phone as it is
}

// Column is a table's column.
type Column struct {
	Name    string
	Numeric bool // set to the right
}

// FigureBlock is where a figure stands.
type FigureBlock struct {
	Name    FigureName
	Title   string
	Alt     string // what the figure shows, for those who cannot see it
	Caption string
}

// FigureName names one of the report's figures.
type FigureName string

// The figures.
const (
	TrajectoryFigure FigureName = "trajectory" // θ with its band over the weeks
	DaysFigure       FigureName = "days"       // answers by day
	TopicsFigure     FigureName = "topics"     // accuracy by topic
	GoalsFigure      FigureName = "goals"      // probability by goal
)

// AdviceItem is a recommendation in words.
type AdviceItem struct {
	Title   string
	Text    Text
	Because Text // the number that caused it
}

// Fact is a term and what holds for it.
type Fact struct {
	Term string
	Text Text
}

// Footnote defines a number.
type Footnote struct {
	Key  string // a KPI's, or one of those below
	Term string
	Text string
}

// The keys of the footnotes that are not a KPI's.
const (
	Standing = "theta"
	Calendar = "days"
)

// Text is a line of text in spans.
type Text []Span

// Span is a stretch of text. A foreign one is somebody's data, as a learner's id
// or a topic's name: it may hold anything, right-to-left text too, and is set
// apart from the text around it.
type Span struct {
	Text    string
	Foreign bool
	Strong  bool
}

// String is the text without its spans.
func (t Text) String() string {
	var s string
	for _, span := range t {
		s += span.Text
	}
	return s
}
