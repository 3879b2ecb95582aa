package report

// layOut sets the whole page on sheets. If a few lines were left over for the
// last sheet, it draws the others closer together to save that sheet.
func layOut(fonts *Fonts, page Page, figures Figures) *press {
	designed := layOutWith(fonts, page, figures, 1)
	for _, gaps := range []float64{0.8, 0.6} {
		if len(designed.sheets) == 1 || designed.y > sheetHeight/4 {
			break
		}
		if closer := layOutWith(fonts, page, figures, gaps); len(closer.sheets) < len(designed.sheets) {
			designed = closer
			break
		}
	}
	designed.number(page)
	return designed
}

func layOutWith(fonts *Fonts, page Page, figures Figures, gaps float64) *press {
	p := newPress(fonts, gaps)
	p.defined = len(page.Footnotes) > 0
	p.band(page)
	for i, lead := range page.Lead {
		before := 5.0
		if i == 0 {
			before = 18
		}
		p.place(p.paragraph(lead, leadStyle, sideMargin, textWidth, before))
	}
	for _, s := range page.Sections {
		p.section(s, figures)
	}
	p.definitions(page)
	return p
}

// band is the head of the letter: who it is about, and which week.
func (p *press) band(page Page) {
	const gap = 6
	brand := p.wrap(plain(page.Brand), brandStyle, textWidth)
	heading := p.wrap(page.Heading, headingStyle, textWidth)
	period := p.wrap(plain(page.Period), periodStyle, textWidth)
	inner := float64(len(brand))*brandStyle.leading + float64(len(heading))*headingStyle.leading +
		float64(len(period))*periodStyle.leading + 2*gap
	height := topMargin - 8 + inner + 18
	p.rect(0, 0, sheetWidth, height, wash)
	p.rect(0, 0, sheetWidth, 5, blue)
	y := topMargin - 8
	for _, part := range []struct {
		lines []textLine
		style textStyle
	}{{brand, brandStyle}, {heading, headingStyle}, {period, periodStyle}} {
		p.set(part.lines, part.style, sideMargin, y)
		y += float64(len(part.lines))*part.style.leading + gap
	}
	p.y = height
}

// The PDF's grounds.
var (
	wash = rgb{0xea, 0xf2, 0xf8} // of the head and of what is advised
	card = rgb{0xf4, 0xf6, 0xf8}
)

func (p *press) section(s Section, figures Figures) {
	lines := p.wrap(plain(s.Title), sectionStyle, textWidth)
	height := float64(len(lines))*sectionStyle.leading + 5
	boxes := []box{{before: 20, height: height, keep: true, draw: func(y float64) {
		p.bookmark(s.Title, max(0, y-8))
		p.set(lines, sectionStyle, sideMargin, y)
		p.line(sideMargin, y+height, sheetWidth-sideMargin, y+height, axis, 0.8)
	}}}
	for _, b := range s.Blocks {
		boxes = append(boxes, p.block(b, figures)...)
	}
	p.place(boxes)
}

func (p *press) block(b Block, figures Figures) []box {
	switch {
	case b.Paragraph != nil:
		return p.toned(*b.Paragraph)
	case b.Cards != nil:
		return p.cards(b.Cards)
	case b.Table != nil:
		return p.table(*b.Table)
	case b.Figure != nil:
		return p.figureBlock(*b.Figure, figures[b.Figure.Name])
	case b.Advice != nil:
		return p.advice(b.Advice)
	case b.Facts != nil:
		return p.facts(b.Facts)
	}
	return nil
}

func (p *press) toned(par Paragraph) []box {
	switch par.Tone {
	case Note:
		return p.paragraph(par.Text, noteStyle, sideMargin, textWidth, 8)
	case Missing:
		return p.framed(card, axis, func(width float64) []textBlock {
			return []textBlock{{par.Text, bodyStyle.in(regular, soft)}}
		})
	}
	return p.paragraph(par.Text, bodyStyle, sideMargin, textWidth, 9)
}

// textBlock is a text in its style.
type textBlock struct {
	text  Text
	style textStyle
}

// framed sets texts on a ground with a bar at its left.
func (p *press) framed(ground, bar rgb, texts func(width float64) []textBlock) []box {
	const indent, pad = 14, 8
	width := textWidth - 2*indent
	var lines [][]textLine
	blocks := texts(width)
	height := 2.0 * pad
	for _, b := range blocks {
		set := p.wrap(b.text, b.style, width)
		lines = append(lines, set)
		height += float64(len(set)) * b.style.leading
	}
	return []box{{before: 9, height: height, draw: func(y float64) {
		p.rect(sideMargin, y, textWidth, height, ground)
		p.rect(sideMargin, y, 3, height, bar)
		y += pad
		for i, b := range blocks {
			p.set(lines[i], b.style, sideMargin+indent, y)
			y += float64(len(lines[i])) * b.style.leading
		}
	}}}
}

func (p *press) advice(items []AdviceItem) (out []box) {
	for _, item := range items {
		out = append(out, p.framed(wash, blue, func(float64) []textBlock {
			blocks := []textBlock{{plain(item.Title), itemStyle}, {item.Text, bodyStyle}}
			if len(item.Because) > 0 {
				blocks = append(blocks, textBlock{item.Because, softStyle})
			}
			return blocks
		})...)
	}
	return out
}

// figureBlock sets a figure with its caption beside it.
func (p *press) figureBlock(b FigureBlock, f *Figure) []box {
	if f == nil { // nothing to draw: the words stay
		return p.paragraph(plain(b.Caption), noteStyle, sideMargin, textWidth, 8)
	}
	const gap = 16
	caption := p.wrap(plain(b.Caption), noteStyle, textWidth-figureWidth-gap)
	height := max(f.height, 18+float64(len(caption))*noteStyle.leading)
	return []box{{before: 12, height: height, draw: func(y float64) {
		p.figure(f, sideMargin, y, 1)
		if b.Caption == "" {
			return
		}
		x := sideMargin + figureWidth + gap
		p.line(x, y+15, x+24, y+15, blue, 1.2)
		p.set(caption, noteStyle, x, y+18)
	}}}
}

func (p *press) facts(facts []Fact) (out []box) {
	const termWidth, gap, pad = 158, 12, 3
	for i, f := range facts {
		term := p.wrap(plain(f.Term), softStyle, termWidth)
		text := p.wrap(f.Text, softStyle.in(regular, ink), textWidth-termWidth-gap)
		height := float64(max(len(term), len(text)))*softStyle.leading + 2*pad
		before := 0.0
		if i == 0 {
			before = 9
		}
		together := i < len(facts)-1 && len(facts) <= 12
		out = append(out, box{before: before, height: height, keep: together, draw: func(y float64) {
			p.set(term, softStyle, sideMargin, y+pad)
			p.set(text, softStyle.in(regular, ink), sideMargin+termWidth+gap, y+pad)
			p.line(sideMargin, y+height, sheetWidth-sideMargin, y+height, rule, 0.6)
		}})
	}
	return out
}

// definitions say how the numbers are made, and the run that made them.
func (p *press) definitions(page Page) {
	const termWidth, gap = 112, 12
	var boxes []box
	for i, note := range page.Footnotes {
		term := p.wrap(plain(note.Term), smallStyle.in(bold, ink), termWidth)
		text := p.wrap(plain(note.Text), smallStyle, textWidth-termWidth-gap)
		height := float64(max(len(term), len(text))) * smallStyle.leading
		before := 4.0
		if i == 0 {
			before = 34
		}
		boxes = append(boxes, box{before: before, height: height, draw: func(y float64) {
			if i == 0 {
				p.do(func(o *player) { o.pdf.SetLink(o.definitions, y-12, -1) })
				p.line(sideMargin, y-10, sheetWidth-sideMargin, y-10, axis, 0.8)
			}
			p.set(term, smallStyle.in(bold, ink), sideMargin, y)
			p.set(text, smallStyle, sideMargin+termWidth+gap, y)
		}})
	}
	for i, footer := range page.Footer {
		before := 0.0
		if i == 0 {
			before = 12
		}
		if n := len(boxes); n > 0 {
			boxes[n-1].keep = true // not alone on a sheet
		}
		boxes = append(boxes, p.paragraph(plain(footer), smallStyle, sideMargin, textWidth, before)...)
	}
	p.place(boxes)
}
