package jobs

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
)

// R's jsonlite writes a scalar as an array of one element, a missing one as null
// or "NA", and what is no number as "NaN" or "Inf".

// unbox gives the one element of an array of one.
func unbox(raw []byte) []byte {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) == 1 {
		return list[0]
	}
	return raw
}

// rNumber is a number as R writes it.
type rNumber struct {
	value float64 // NaN where it is none
	text  string
}

func (n *rNumber) UnmarshalJSON(raw []byte) error {
	raw = unbox(raw)
	n.text = strings.Trim(string(raw), `"`)
	if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, &n.value) != nil {
		n.value = math.NaN()
	}
	return nil
}

// String is the number as it was sent.
func (n rNumber) String() string {
	if n.text == "" {
		return "missing"
	}
	return n.text
}

// rText is a text as R writes it; what is none stays as it was sent.
type rText string

func (t *rText) UnmarshalJSON(raw []byte) error {
	raw = unbox(raw)
	var s string
	switch {
	case bytes.Equal(raw, []byte("null")):
	case json.Unmarshal(raw, &s) == nil:
		*t = rText(s)
	default:
		*t = rText(raw)
	}
	return nil
}

// saidIn is the message of an error's answer, empty where it is none of the
// contract's.
func saidIn(answer []byte) string {
	var said struct {
		Error   rText `json:"error"`
		Message rText `json:"message"`
	}
	if json.Unmarshal(answer, &said) != nil {
		return ""
	}
	if said.Error == "" {
		return string(said.Message)
	}
	return string(said.Error)
}

// plumberAbility is θ and its SE on the scale of an N(0, 1) prior.
type plumberAbility struct {
	Theta rNumber `json:"theta"`
	SE    rNumber `json:"se"`
}

// abilities reads the answer to a request of so many rows.
func (c *plumber) abilities(answer []byte, rows int) ([]plumberAbility, error) {
	var got struct {
		Status    rText            `json:"status"`
		Abilities []plumberAbility `json:"abilities"`
	}
	if !json.Valid(answer) {
		return nil, c.fails(true, "answered with something else than JSON (%q); check R_IRT_BASE_URL", c.quote(start(answer)))
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return nil, c.fails(true, "answered with other JSON than POST /irt/score has (%q); check R_IRT_BASE_URL", c.quote(start(answer)))
	}
	if got.Status != "ok" {
		what := "answered with status \"" + c.quote(string(got.Status)) + "\", not \"ok\""
		if said := c.quote(saidIn(answer)); said != "" {
			what += ": " + said
		}
		return nil, c.fails(got.Status == "", "%s", what) // without a status it is another service
	}
	if len(got.Abilities) != rows {
		return nil, c.fails(true, "answered with %s for %s", plural(int64(len(got.Abilities)), "θ"), plural(int64(rows), "row"))
	}
	return got.Abilities, nil
}

// start is the beginning of an answer, as far as an error repeats it.
func start(answer []byte) string { return string(answer[:min(len(answer), plumberQuote)]) }

// check says why an ability is none.
func (c *plumber) check(a plumberAbility) error {
	theta, se := a.Theta.value, a.SE.value
	switch {
	case math.IsNaN(theta), math.IsNaN(se), math.IsInf(theta, 0), math.IsInf(se, 0), se <= 0:
		return c.fails(false, "gave no θ: theta %s, se %s", c.quote(a.Theta.String()), c.quote(a.SE.String()))
	case math.Abs(theta) > plumberReach:
		return c.fails(false, "gave a θ of %s, outside its nodes on [−%d, %d]", c.quote(a.Theta.String()), plumberReach, plumberReach)
	}
	return nil
}
