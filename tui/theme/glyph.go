package theme

// Glyphs are the signs that stand beside words; those of states, marks, bars
// and frames are one cell wide.
type Glyphs struct {
	Fresh, Running, Due, Late, Failed, Never, Paused, Skipped string

	OK, Bad, Warn, Cancelled, Queued string

	Cursor, Mark, Ellipsis, Crumb, Arrow, Dot, PlusMinus, Dash, Theta string

	Up, Down string // the direction of a sort

	Horizontal, Vertical, TopLeft, TopRight, BottomLeft, BottomRight string

	Full, Empty string   // of a bar
	Partial     []string // eighths of Full, ascending
	RightHalf   string   // of a bar that grows to the left
	Spark       []string // heights, ascending

	Day [5]string // of a calendar: idle, missing, in part, changed since, done

	Point, Whisker, Track, Zero string // of an interval on a scale
}

var unicodeGlyphs = Glyphs{
	Fresh: "●", Running: "◐", Due: "◔", Late: "▲", Failed: "✗", Never: "○", Paused: "‖", Skipped: "·",
	OK: "✓", Bad: "✗", Warn: "!", Cancelled: "⊘", Queued: "◌",
	Cursor: "▌", Mark: "◆", Ellipsis: "…", Crumb: "›", Arrow: "→", Dot: "·", PlusMinus: "±", Dash: "–", Theta: "θ",
	Up: "↑", Down: "↓",
	Horizontal: "─", Vertical: "│", TopLeft: "╭", TopRight: "╮", BottomLeft: "╰", BottomRight: "╯",
	Full: "█", Empty: "░", Partial: []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉"}, RightHalf: "▐",
	Spark: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇"},
	Day:   [5]string{"·", "□", "◧", "◪", "■"},
	Point: "●", Whisker: "━", Track: "·", Zero: "┊",
}

var asciiGlyphs = Glyphs{
	Fresh: "*", Running: ">", Due: "~", Late: "!", Failed: "x", Never: "o", Paused: "=", Skipped: ".",
	OK: "+", Bad: "x", Warn: "!", Cancelled: "/", Queued: "o",
	Cursor: ">", Mark: "+", Ellipsis: "~", Crumb: ">", Arrow: "->", Dot: "|", PlusMinus: "+-", Dash: "-", Theta: "theta",
	Up: "^", Down: "v",
	Horizontal: "-", Vertical: "|", TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+",
	Full: "#", Empty: ".", Partial: nil,
	Spark: []string{".", ":", "-", "=", "+", "*", "#"},
	Day:   [5]string{".", "-", "/", "*", "#"},
	Point: "O", Whisker: "=", Track: ".", Zero: "|",
}
