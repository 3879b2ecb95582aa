package tui

import (
	"encoding/json"
	"fmt"
	"strings"

	"sextant/db"
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
	var params map[string]any
	_ = json.Unmarshal(r.Params, &params) // a run of another version may have none; the defaults stand
	l.touched = true
	set := func(name, value string) {
		if f := l.form.Field(name); f != nil {
			f.Set(value)
		}
	}
	if r.WindowFrom != nil {
		if params["date"] == true {
			set(fieldDate, r.WindowFrom.String())
		}
		set(fieldFrom, r.WindowFrom.String())
	}
	if r.WindowTo != nil {
		set(fieldTo, r.WindowTo.String())
	}
	if users, ok := params["users"].([]any); ok {
		set(fieldUsers, strings.Trim(fmt.Sprint(users), "[]"))
	}
	for field, name := range map[string]string{fieldMissing: "missing", fieldForce: "force"} {
		if params[name] == true {
			set(field, "yes")
		}
	}
	for _, p := range l.specs {
		if v, ok := params[p.Name]; ok {
			set(p.Name, fmt.Sprint(v))
		}
	}
}
