package report

// The measures of a card.
const (
	cardGap     = 11
	cardPad     = 11
	mostInCards = 3 // in a row
)

var (
	cardName  = textStyle{9, 13, bold, soft}
	cardValue = textStyle{21, 30, bold, ink}
)

// cards are set in rows of up to three, as even as they come.
func (p *press) cards(cards []Card) (out []box) {
	rows := (len(cards) + mostInCards - 1) / mostInCards
	for row := range rows {
		n := (len(cards) + rows - row - 1) / (rows - row) // what is left, shared among the rows left
		out = append(out, p.cardRow(cards[:n]))
		cards = cards[n:]
	}
	return out
}

// cardRow is one row of cards, all of the height of the tallest.
func (p *press) cardRow(cards []Card) box {
	width := (textWidth - cardGap*float64(len(cards)-1)) / float64(len(cards))
	var parts [][]cardPart
	height := 0.0
	for _, c := range cards {
		set := p.cardParts(c, width-2*cardPad)
		tall := 2.0 * cardPad
		for _, part := range set {
			tall += part.height()
		}
		parts, height = append(parts, set), max(height, tall)
	}
	return box{before: 11, height: height, draw: func(y float64) {
		for i, set := range parts {
			x := sideMargin + float64(i)*(width+cardGap)
			p.rounded(x, y, width, height, 5, card)
			if p.defined {
				p.do(func(o *player) { o.pdf.Link(x, y, width, height, o.definitions) })
			}
			down := y + cardPad
			for _, part := range set {
				p.set(part.lines, part.style, x+cardPad, down+part.before)
				down += part.height()
			}
		}
	}}
}

type cardPart struct {
	lines  []textLine
	style  textStyle
	before float64
}

func (c cardPart) height() float64 { return c.before + float64(len(c.lines))*c.style.leading }

func (p *press) cardParts(c Card, width float64) []cardPart {
	var out []cardPart
	add := func(words string, s textStyle, before float64) {
		if words != "" {
			out = append(out, cardPart{p.wrap(plain(words), s, width), s, before})
		}
	}
	add(c.Name, cardName, 0)
	if c.Value == "" {
		add(c.Missing, softStyle, 4)
		add(c.Last, noteStyle, 4)
		return out
	}
	add(c.Value, cardValue, 0)
	change := c.Change
	if sign := c.Trend.Symbol(); sign != "" && change != "" {
		change = sign + " " + change
	}
	add(change, noteStyle.in(bold, ink), 0)
	add(c.Last, noteStyle, 0)
	add(c.Meaning, softStyle.in(regular, ink), 5)
	return out
}
