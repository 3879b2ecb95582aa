package tui

// picture keeps lines that take long to draw for as long as they would come out
// the same: K is all that they depend on.
type picture[K comparable] struct {
	of    K
	lines []string
}

// draw is the picture of that, drawn anew if it is another.
func (p *picture[K]) draw(of K, draw func() []string) []string {
	if p.lines == nil || p.of != of {
		p.of, p.lines = of, draw()
	}
	return p.lines
}
