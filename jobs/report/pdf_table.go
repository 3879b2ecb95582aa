package report

// tableStyle and the space around a cell.
var (
	tableStyle  = textStyle{9, 13, regular, ink}
	columnStyle = textStyle{8.5, 12, bold, soft}
)

const (
	cellPadX = 6
	cellPadY = 4
)

// table is a heading, repeated on every sheet, and a box for each row.
func (p *press) table(t Table) []box {
	widths := p.columnWidths(t)
	header := p.tableHeader(t, widths)
	var out []box
	if t.Caption != "" {
		caption := p.paragraph(plain(t.Caption), noteStyle, sideMargin, textWidth, 12)
		for i := range caption {
			caption[i].keep = true
		}
		out = append(out, caption...)
		header.before = 3
	}
	out = append(out, header)
	for _, row := range t.Rows {
		out = append(out, p.tableRow(t, row, widths, header))
	}
	keepRows(out[len(out)-len(t.Rows):])
	return out
}

// keepRows keeps a short table whole, and a long one from leaving its first row
// or its last one alone on a sheet.
func keepRows(rows []box) {
	const short = 9
	for i := range rows {
		rows[i].keep = i < len(rows)-1 && (len(rows) <= short || i == 0 || i == len(rows)-2)
	}
}

// columnWidths gives each column what its widest cell takes; what is left, or
// lacking, is the widest text columns' to have or to give.
func (p *press) columnWidths(t Table) []float64 {
	widths, least := make([]float64, len(t.Columns)), make([]float64, len(t.Columns))
	for i, column := range t.Columns {
		widths[i] = p.naturalWidth(plain(column.Name), columnStyle)
		least[i] = min(widths[i], 52)
		for _, row := range t.Rows {
			if i < len(row) {
				cell := p.naturalWidth(row[i], tableStyle)
				widths[i] = max(widths[i], cell)
				if column.Numeric {
					least[i] = max(least[i], cell)
				}
			}
		}
		widths[i] += 2 * cellPadX
		least[i] = min(max(least[i]+2*cellPadX, 40), 130)
	}
	return spread(widths, least, textWidth)
}

func (p *press) naturalWidth(t Text, s textStyle) float64 {
	lines := p.wrap(t, s, textWidth)
	width := 0.0
	for _, l := range lines {
		width = max(width, l.width)
	}
	return width
}

// spread makes widths sum to the room: it widens all, the first most, or narrows
// the widest down to the next widest, again and again, none below its least.
func spread(widths, least []float64, room float64) []float64 {
	sum := 0.0
	for _, w := range widths {
		sum += w
	}
	if sum <= room {
		for i := range widths {
			widths[i] += 0.6 * (room - sum) / float64(len(widths))
		}
		widths[0] += 0.4 * (room - sum)
		return widths
	}
	for sum > room+0.01 {
		widest := -1
		for i, w := range widths {
			if w > least[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 { // all at their least: narrow them alike
			for i := range widths {
				widths[i] *= room / sum
			}
			return widths
		}
		cut := min(sum-room, 4, widths[widest]-least[widest])
		widths[widest] -= cut
		sum -= cut
	}
	return widths
}

func (p *press) tableHeader(t Table, widths []float64) box {
	var cells [][]textLine
	rows := 1
	for i, column := range t.Columns {
		lines := p.wrap(plain(column.Name), columnStyle, widths[i]-2*cellPadX)
		cells, rows = append(cells, lines), max(rows, len(lines))
	}
	height := float64(rows)*columnStyle.leading + 2*cellPadY
	return box{before: 12, height: height, keep: true, draw: func(y float64) {
		p.rect(sideMargin, y, textWidth, height, card)
		p.cellsAt(t, cells, widths, columnStyle, y, height)
		p.line(sideMargin, y+height, sheetWidth-sideMargin, y+height, axis, 0.8)
	}}
}

func (p *press) tableRow(t Table, row []Text, widths []float64, header box) box {
	var cells [][]textLine
	rows := 1
	for i := range t.Columns {
		var lines []textLine
		if i < len(row) {
			lines = p.wrap(row[i], tableStyle, widths[i]-2*cellPadX)
		}
		cells, rows = append(cells, lines), max(rows, len(lines))
	}
	height := float64(rows)*tableStyle.leading + 2*cellPadY
	return box{height: height, header: &header, draw: func(y float64) {
		p.cellsAt(t, cells, widths, tableStyle, y, height)
		p.line(sideMargin, y+height, sheetWidth-sideMargin, y+height, rule, 0.6)
	}}
}

// cellsAt sets a row's cells: the heading's on its floor, the others from the top.
func (p *press) cellsAt(t Table, cells [][]textLine, widths []float64, s textStyle, y, height float64) {
	x := sideMargin
	for i, lines := range cells {
		top := y + cellPadY
		if s == columnStyle {
			top = y + height - cellPadY - float64(len(lines))*s.leading
		}
		for n, l := range lines {
			left := x + cellPadX
			if t.Columns[i].Numeric {
				left = x + widths[i] - cellPadX - l.width
			}
			p.setLine(l, s, left, top+float64(n)*s.leading)
		}
		x += widths[i]
	}
}
