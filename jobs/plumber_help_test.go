package jobs

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"

	"sextant/irt"
)

// NaiveEAP is EAP as the contract of the R service has it, over 81 equally spaced
// nodes on ±4 SD of a normal prior, by the definition; verdicts are by item.
func NaiveEAP(bank []irt.ItemParams, verdicts map[int]bool, prior irt.Normal) irt.Ability {
	var sum, mean, square float64
	for k := range 81 {
		z := -4 + float64(k)/10
		theta := prior.Mean + prior.SD*z
		w := math.Exp(-z * z / 2)
		for i, right := range verdicts {
			p := bank[i].C + (1-bank[i].C)/(1+math.Exp(-bank[i].A*(theta-bank[i].B)))
			if !right {
				p = 1 - p
			}
			w *= p
		}
		sum, mean, square = sum+w, mean+w*theta, square+w*theta*theta
	}
	mean /= sum
	return irt.Ability{Theta: mean, SE: math.Sqrt(square/sum - mean*mean)}
}

// NaivePlumber answers as the R service of the contract does. Rows with an answer
// to one of the items named are given the answer that stands there, or, where
// that is a number, the whole request gets it as its status.
func NaivePlumber(poison map[string]any) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":["ok"]}`) })
	m.HandleFunc("POST /irt/score", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Items []struct {
				Item    string
				A, B, C float64
			} `json:"item_params"`
			Responses [][]*int `json:"responses"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		bank := make([]irt.ItemParams, len(q.Items))
		for i, it := range q.Items {
			bank[i] = irt.ItemParams{A: it.A, B: it.B, C: it.C}
		}
		abilities := []any{}
		for _, row := range q.Responses {
			verdicts := map[int]bool{}
			var bad any
			for i, v := range row {
				if v != nil {
					verdicts[i] = *v == 1
					if p, ok := poison[q.Items[i].Item]; ok {
						bad = p
					}
				}
			}
			if status, ok := bad.(int); ok {
				w.WriteHeader(status)
				fmt.Fprint(w, `{"error": ["poisoned"]}`)
				return
			}
			a := NaiveEAP(bank, verdicts, irt.StandardNormal)
			ability := any(map[string]any{"theta": []float64{a.Theta}, "se": []float64{a.SE}}) // boxed, as R does
			if bad != nil {
				ability = bad
			}
			abilities = append(abilities, ability)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": []string{"ok"}, "abilities": abilities}) // a client that has gone away
	})
	return m
}
