package tui

import (
	"fmt"
	"hash/fnv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// wholeRows is a model whose rows with wide characters the terminal is given
// whole whenever they change. Bubble Tea's renderer writes only what differs
// between two frames, and counts columns wrongly where that begins or ends
// within a character two columns wide: half of a Korean word would go missing.
type wholeRows struct{ tea.Model }

// Update is the model's own.
func (m wholeRows) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	model, cmd := m.Model.Update(msg)
	return wholeRows{model}, cmd
}

// View is the model's own, its wide rows sealed.
func (m wholeRows) View() tea.View {
	v := m.Model.View()
	v.Content = sealed(v.Content)
	return v
}

// sealed gives every cell of a row with wide characters a hyperlink to nowhere
// whose id is the row's content: when any of it changes, all of its cells differ
// from those before. Terminals take a link without an address for none.
func sealed(content string) string {
	rows := strings.Split(content, "\n")
	for i, row := range rows {
		if hasWide(row) {
			h := fnv.New32a()
			_, _ = h.Write([]byte(row)) // a hash takes everything
			rows[i] = ansi.SetHyperlink("", fmt.Sprintf("id=%x", h.Sum32())) + row + ansi.ResetHyperlink()
		}
	}
	return strings.Join(rows, "\n")
}

// hasWide reports whether some character takes two columns.
func hasWide(row string) bool {
	for _, r := range row {
		switch {
		case r < 0x1100, r >= 0x2190 && r < 0x2300, r >= 0x2500 && r < 0x25fd: // arrows, mathematics, lines and blocks: the console is full of them
		case ansi.StringWidth(string(r)) > 1:
			return true
		}
	}
	return false
}
