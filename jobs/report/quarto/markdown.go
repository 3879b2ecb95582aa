package quarto

import (
	"fmt"
	"strings"
	"unicode"

	"sextant/jobs/report"
)

// markdown writes a text so that Pandoc's Markdown shows it as it is. What is
// foreign is set apart, so that its direction of writing does not spread.
func markdown(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return escape(v), nil
	case report.Text:
		var b strings.Builder
		for _, s := range v {
			text := escape(s.Text)
			if strings.TrimSpace(s.Text) == "" {
				b.WriteString(text)
				continue
			}
			if s.Foreign {
				text = "[" + text + "]{dir=\"auto\"}"
			}
			if s.Strong {
				text = "**" + text + "**"
			}
			b.WriteString(text)
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("md takes a text, not %T", v)
}

// escape puts a backslash before every ASCII sign, which in Pandoc's Markdown
// makes it one that means nothing; a line's end, and what cannot be printed,
// becomes a blank.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == unicode.ReplacementChar, unicode.IsSpace(r), unicode.IsControl(r):
			b.WriteByte(' ')
		case r > ' ' && r <= '~' && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// row is a row of a pipe table: its columns' names, or its cells.
func row(v any) (string, error) {
	var cells []report.Text
	switch v := v.(type) {
	case []report.Column:
		for _, c := range v {
			cells = append(cells, report.Text{{Text: c.Name}})
		}
	case []report.Text:
		cells = v
	default:
		return "", fmt.Errorf("row takes columns or cells, not %T", v)
	}
	var b strings.Builder
	for _, c := range cells {
		text, err := markdown(c)
		if err != nil {
			return "", err
		}
		b.WriteString("| " + text + " ")
	}
	return b.String() + "|", nil
}

// rule is the line below a pipe table's heads.
func rule(columns []report.Column) string {
	var b strings.Builder
	for _, c := range columns {
		if c.Numeric {
			b.WriteString("|---:")
		} else {
			b.WriteString("|:---")
		}
	}
	return b.String() + "|"
}
