package tui

import (
	"errors"

	"sextant/db"
)

// stateScenes are the frames of what the console is in, whatever the screen.
var stateScenes = []scene{
	{"read-only", func(d *driver) { d.app.about.ReadOnly = true; d.keys("R") }},
	{"production", func(d *driver) { inProduction(d) }},
	{"production-confirm", func(d *driver) { inProduction(d); d.keys("R enter enter") }},
	{"database-lost", func(d *driver) {
		d.app.console.(*fixture).fail = &db.Error{Kind: db.KindUnreachable, Err: errors.New("connection refused")}
		d.run(d.app.refresh())
	}},
	{"resume", func(d *driver) { d.keys("j j j P") }},
	{"filters", func(d *driver) {
		d.keys("2 /").typed("actor:박지우").keys("enter ctrl+s /").typed(" status:failed").keys("enter ctrl+s f")
	}},
	{"filters-none", func(d *driver) { d.keys("3 f") }},
	{"compare-items", func(d *driver) { d.keys("2 space j j c tab") }},
	{"compare-failures", func(d *driver) { d.keys("2 space j j c tab tab") }},
}

func init() { scenes = append(scenes, stateScenes...) }

func inProduction(d *driver) { d.app.about.Environment, d.app.about.Colour = "production", "" }
