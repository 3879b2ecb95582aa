package tui

import (
	"cmp"
	"fmt"
	"slices"

	"sextant/jobs"
	"sextant/tui/widget"
)

// fill makes the tables' rows of the newest snapshot.
func (s *why) fill() {
	if s.drawn.again(s.app, s.feed.serial) {
		s.fillUsed()
		s.fillLeft()
	}
}

// fillUsed lists the answers that count, the strongest pull first.
func (s *why) fillUsed() {
	a, w := s.app, s.feed.value
	th, now := a.theme, a.now()
	used := slices.Clone(w.Used)
	slices.SortStableFunc(used, func(x, y jobs.Pulled) int { return cmp.Compare(abs(y.Pull), abs(x.Pull)) })
	strongest, guessing := 0.0, false
	for _, u := range used {
		strongest, guessing = max(strongest, abs(u.Pull)), guessing || u.C > 0
	}
	s.used.Columns[pulledC].Hide = !guessing // it is 0 throughout
	rows := make([]widget.Row, len(used))
	for i, u := range used {
		style := th.Right
		if u.Pull < 0 {
			style = th.Wrong
		}
		rows[i] = widget.Row{ID: pullID(u), Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(u.ItemID)),
			widget.T(th.Muted, topicName(u.TopicID)),
			answerCell(a, u.Correct),
			widget.N(th.Text, jobs.Probability(u.Expected, 2), u.Expected),
			widget.N(style, signedTo(u.Pull, 3), u.Pull),
			widget.N(th.Muted, clock(now, u.AnsweredAt), float64(u.AnsweredAt.Unix())),
			{Line: widget.Diverging(th, th.Wrong, th.Right, pullBar, u.Pull/strongest), Text: true},
			widget.N(th.Muted, number(u.A, 2), u.A),
			widget.N(th.Muted, number(u.B, 2), u.B),
			widget.N(th.Muted, number(u.C, 2), u.C),
			widget.T(th.Muted, fromWord(th, u.From)),
		}}
	}
	s.used.SetRows(rows)
}

// fillLeft lists the answers that are left out.
func (s *why) fillLeft() {
	th, left := s.app.theme, s.feed.value.LeftOut
	rows := make([]widget.Row, len(left))
	for i, x := range left {
		rows[i] = widget.Row{ID: excludedID(x), Cells: []widget.Cell{
			widget.T(th.Text, x.AnsweredAt.UTC().Format("2006-01-02 15:04")),
			widget.T(th.Text, widget.Clean(x.ItemID)),
			widget.T(th.Muted, topicName(x.TopicID)),
			widget.T(th.Text, leftOutWords(th, x, s.feed.value.Lookback)),
		}}
	}
	s.left.SetRows(rows)
}

// signedTo is a number with its sign.
func signedTo(v float64, decimals int) string {
	text := number(v, decimals)
	if v > 0 && text != number(0, decimals) {
		return "+" + text
	}
	return text
}

func pullID(u jobs.Pulled) string { return fmt.Sprint(u.ItemID, " ", u.AnsweredAt.UnixNano()) }

func excludedID(x jobs.Excluded) string { return fmt.Sprint(x.ItemID, " ", x.AnsweredAt.UnixNano()) }
