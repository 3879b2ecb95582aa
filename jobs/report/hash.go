package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// renderVersion is part of every document's hash: a change of what the renderers
// make of the same content raises it, so that stored reports are made anew.
const renderVersion = 1

// Hash names the document's content, whoever made it and when. Two documents
// of one hash render to the same pages but for their footers.
func (d Document) Hash() string {
	d.Provenance = Provenance{}
	b, err := json.Marshal(d) // struct fields in order, map keys sorted: canonical
	if err != nil {
		panic(fmt.Sprintf("a document holds what JSON cannot: %v", err)) // NaN, which Build lets nowhere in
	}
	sum := sha256.Sum256(fmt.Appendf(b, "\nrender %d", renderVersion))
	return hex.EncodeToString(sum[:])
}

// For is the document as an edition may show it, in words or as data.json.
func (d Document) For(e Edition) Document {
	if e == Teacher {
		return d
	}
	kpis, advice := d.KPIs, d.Recommendations
	d.KPIs, d.Recommendations = nil, nil
	for _, k := range kpis {
		if k.Key != Churn {
			d.KPIs = append(d.KPIs, k)
		}
	}
	for _, r := range advice {
		if !teacherOnly[r.Code] {
			d.Recommendations = append(d.Recommendations, r)
		}
	}
	return d
}
