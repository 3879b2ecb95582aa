package tui

import (
	"encoding/json"

	"sextant/db"
	"sextant/jobs"
)

// askedForDays reports whether a run was asked for as a backfill.
func askedForDays(r db.Run) bool {
	var params struct {
		Backfill bool `json:"backfill"`
	}
	return json.Unmarshal(r.Params, &params) == nil && params.Backfill
}

// fillFrom fills the form in as an earlier run was asked for.
func (l *launch) fillFrom(r db.Run) {
	given, _ := jobs.ReadFields(r.Params) // a run of another version may have none; the defaults stand
	params := map[string]jobs.Field{}
	for _, f := range given {
		params[f.Name] = f
	}
	l.touched = true
	set := func(name, value string) {
		if f := l.form.Field(name); f != nil {
			f.Set(value)
		}
	}
	if r.WindowFrom != nil {
		if params["date"].On() {
			set(fieldDate, r.WindowFrom.String())
		}
		set(fieldFrom, r.WindowFrom.String())
	}
	if r.WindowTo != nil {
		set(fieldTo, r.WindowTo.String())
	}
	set(fieldUsers, params["users"].Exact())
	for field, name := range map[string]string{fieldMissing: "missing", fieldForce: "force"} {
		if params[name].On() {
			set(field, yes)
		}
	}
	for _, p := range l.specs {
		if v, ok := params[p.Name]; ok {
			text := v.Exact()
			if p.Kind == "bool" {
				text = yesOrNo(text)
			}
			set(p.Name, text)
		}
	}
}
