package theme

import "strings"

// signs are the signs beyond ASCII that the console's words, its formulas and
// its logs hold, and what stands for them where a terminal shows no others.
// Letters are not among them: a name is shown as it is, or not at all.
var signs = map[rune]string{
	'θ': "theta", 'Δ': "d", 'Φ': "Phi", 'σ': "sigma", 'χ': "chi", '√': "sqrt", '∞': "inf",
	'²': "^2", '−': "-", '–': "-", '—': "-", '·': "*", '×': "x", '±': "+-", '≤': "<=", '≥': ">=", '≈': "~", '→': "->", '←': "<-", '↑': "^", '↓': "v",
	'…': "~", '“': `"`, '”': `"`, '‘': "'", '’': "'",
}

// Sign is what stands for a sign beyond ASCII.
func Sign(r rune) (string, bool) {
	s, ok := signs[r]
	return s, ok
}

// inASCII is a text with its signs replaced.
func inASCII(text string) string {
	var b strings.Builder
	for _, r := range text {
		if s, ok := signs[r]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
