package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// recomputeForm sets how a recompute estimates and where it runs; enter looks
// again what would change.
type recomputeForm struct {
	formScreen
	of      *recompute
	specs   []jobs.ParamSpec
	problem error // the parameters could not be listed
}

func newRecomputeForm(of *recompute) *recomputeForm {
	a := of.app
	f := &recomputeForm{formScreen: formScreen{base: base{app: a}, next: "preview", help: "see what would be done"}, of: of}
	f.head, f.proceed = f.heading, f.preview
	f.specs, f.problem = a.console.Params(thetaStage)
	f.check = func() error {
		q := of.request("")
		q.Options = f.options(f.specs)
		return a.console.Validate(q)
	}
	for _, p := range f.specs {
		field := a.paramField(p)
		if v, ok := of.options[p.Name]; ok {
			field.Set(v)
		}
		f.add(field)
	}
	where := a.usualPlace()
	if of.where != "" {
		where = string(of.where)
	}
	f.add(widget.NewChoice(fieldWhere, "where", where, oneOf("here", "workers"), "Here: a process of its own on this machine. Workers: whichever comes first."))
	return f
}

// Title is what the form is about.
func (f *recomputeForm) Title() string { return f.app.tr("options") }

// Keys are the form's.
func (f *recomputeForm) Keys() []Key { return f.keys(when(f.problem != nil, fmt.Sprint(f.problem))) }

func (f *recomputeForm) heading() widget.Line {
	th := f.app.theme
	return widget.S(th.Strong, th.Tr("recompute θ")).Add(th.Muted, "  "+plural(th, len(f.of.users), "%s learner", "%s learners"))
}

// preview goes back and asks anew; what is as usual is not said.
func (f *recomputeForm) preview() tea.Cmd {
	of := f.of
	of.options, of.where = f.options(f.specs), ""
	if where := f.form.Value(fieldWhere); where != f.app.usualPlace() {
		of.where = jobs.Where(where)
	}
	of.feed.Close()
	of.ask()
	return f.app.back()
}
