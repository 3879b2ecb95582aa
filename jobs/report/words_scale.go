package report

import "cmp"

// scaleTerms are the terms of scaleFacts, and what it calls methods and targets.
type scaleTerms struct {
	run, fitted, constants, method, to, items, se, accumulated string
	methods, targets                                           map[string]string
}

// scaleFacts lists what is known of a calibration's link.
func scaleFacts(l Language, c Calibration, t scaleTerms) (out []Fact) {
	add := func(term, value string) {
		if value != "" {
			out = append(out, Fact{term, line(value)})
		}
	}
	add(t.run, Shown(c.RunID))
	if c.FittedAt != nil {
		add(t.fitted, l.Moment(*c.FittedAt))
	}
	if c.To == "scale" { // nothing was linked
		add(t.to, t.targets[c.To])
		return out
	}
	if c.A != nil && c.B != nil {
		add(t.constants, "A = "+l.Number(*c.A, 4)+", B = "+l.Number(*c.B, 4))
	}
	add(t.method, cmp.Or(t.methods[c.Method], c.Method))
	add(t.to, cmp.Or(t.targets[c.To], c.To))
	if c.Items != nil {
		add(t.items, l.Count(*c.Items))
	}
	if c.SE != nil {
		add(t.se, l.Number(*c.SE, 4))
	}
	if c.AccumulatedSE != nil {
		add(t.accumulated, l.Number(*c.AccumulatedSE, 4))
	}
	return out
}
