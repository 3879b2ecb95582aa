package jobs

import (
	"fmt"
	"slices"
	"strings"

	"sextant/db"
)

// Explanation is what 'sextant explain' says of a KPI or a stage.
type Explanation struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Text  string `json:"text"` // Markdown
}

// preliminaries hold for every definition.
const preliminaries = `d is the as-of day, by default the last complete UTC day; nothing after its end is seen by any formula. Windows are whole
UTC days, both ends included, whatever the time zone of server, session or machine; "lookback N" is the N days that end
with d. Weeks are ISO weeks, named by their Monday. clamp(x) is to [0, 1] unless another range is given. A KPI whose
inputs are missing is null, never 0. KPIs are stored in full double precision.`

// stageTexts define what each stage publishes.
var stageTexts = map[string]string{
	featuresStage: `One row of features_topic_daily per learner, topic and UTC day with at least one answer that has a topic:
attempts, correct, the mean (avg_time_ms) and the median (rt_median) of the response times there are, hints (answers
that used one), last_seen_at (the newest answer of the row). theta_estimate and theta_sd, only with --include-theta, are
the newest topic θ and its SE at the end of the day, else the newest overall ones. improvement is I_t over the answers
to that topic (and, in its θ form, that topic's θ). numeric(6,3) columns round half away from zero.

Example: On d a learner answers four questions of a topic: right in 10 s with two hints, right in 20 s, wrong in 60 s with a
hint, and right without a time. attempts = 4, correct = 3, avg_time_ms = 90 / 3 s = 30000, rt_median = 20000, hints = 2.
Twenty days before d they had 2 of 5 right there, so improvement = (0.75 − 0.4) · 4 / 30 · (1 − 1.96 · √(0.75 · 0.25 / 4)) =
0.35 · 0.133333 · 0.575648 = 0.027.`,
	kpiStage: `Merges I_t, E_t, R_t, A_t, P and S into the weekly_kpi row of the ISO week that holds the as-of day, for every learner
with at least one answer in the lookback; other keys of kpis are kept. A mid-week row is week-to-date, and the run after
Sunday makes the week final. The newest day published for a week is the one its rows stand on: a run for an older day
of that week changes nothing. A learner whom an earlier day of the week published, and who is no longer due, loses the
six keys again.`,
	calibrateStage: `Fits the item bank on each learner's first answer to an item, if it falls inside the lookback, links the fit to the scale
in force (to five or more anchors, else to the items in common with the previous calibration), stores the population
prior N(B, A²) that every scorer uses, and scores everyone overall and by topic on the latest answer to each item. A
topic's θ has the learner's θ from their other topics as its prior's mean, and 0.45 population SDs as its SD.

Nothing is published, and the parameters in force stay, when the fit does not converge, when the linked items' curves
differ by more than --max-residual (RMSD in probability, weighted by answers), or when more than --max-drift of them have
drifted: a or b more than 3 standard errors from where it was, and the curve off by more than 0.10. --force overrides.

Example: Five anchors have b = −0.8, −0.2, 0.4, 1.0 and 1.6, and the night's fit finds −1, −0.5, 0, 0.5 and 1. Linked by mean and
sigma, A = the ratio of their SDs = 0.848528 / 0.707107 = 1.2 and B = 0.4 − 1.2 · 0 = 0.4. An item that is fitted at a = 1.5, b = 0.5
is published at a = 1.5 / 1.2 = 1.25, b = 1.2 · 0.5 + 0.4 = 1.0, and the population's prior is N(0.4, 1.2²). With one anchor fewer,
A stays 1.

With --topic or --subject it is a bank of its own: in mirt_fit_meta and the histories, never in the published parameters
and θs nor in a KPI. --max-obs keeps the same quota of answers of each item, so that rare items stay whole.`,
	inactivityStage: `Merges P and S into the weekly_kpi row of the ISO week that holds the as-of day (made when missing) for every learner
whose newest activity of any kind is at least threshold whole days and at most 56 days before d. Activity is an answer,
a ready exam result (at its created_at) or the end of a session. Other keys are kept, I_t, E_t, R_t and A_t among them;
a row whose P and S are unchanged, or both null, is not written.`,
	reportStage: `Makes the report of every learner with an answer in the week or a row of weekly_kpi of it, in the editions, languages and
formats asked for, from what is known at the end of its Sunday, and stores it in a folder or with S3. An object that is stored is
recorded in sextant.report_object, and the learner's edition in the default language in report_artifacts. What would say the
same as what is stored is not made again without --force. The data day is the week's Sunday.`,
	syncStage: `Brings sextant.answer up to date with the platform. The source is the first that exists of attempt, responses and
exam_results, chosen at the first sync and changed by --source alone; a view attempt that stands on exam_results is read
as exam_results. An answer needs a learner, an item, a verdict and a moment, else it is set aside in the quarantine with
the reason; an unreadable time, hint count or topic costs that field only. Of exam_results only rows with status ready
count: a re-grade replaces its session's answers, on the day the session had. Where the source has no update time the
last 7 days are read again; --full reads everything and removes what is gone.`,
	updateTheta: `Estimates a learner's θ, overall and by topic, from the latest answer to each item in the lookback, with the item
parameters and the population prior of the calibration in force. It is the mean of the posterior (EAP), and a topic's prior
is as in a calibration.

Example: The prior is N(0, 1), P = 1 / (1 + exp(−(θ − b))), E a mean over the prior. The only answer, to an item with a = 1 and
b = 0, is right: θ = E[P′] / E[P] = 0.206621 / 0.5 = 0.413242, by Stein's lemma. The learner then gets an item of another topic
wrong, its a = 1 and b = 0.413242. That topic's prior is N(0.413242, 0.45²), so its θ = 0.413242 − 0.45² · E[P′] / E[1 − P] =
0.413242 − 0.2025 · 0.238469 / 0.5 = 0.316662.`,
}

// Explain gives the definition of a KPI or a stage by its name.
func Explain(r *Registry, name string) (Explanation, error) {
	all := Explanations(r)
	names := make([]string, len(all))
	for i, e := range all {
		if names[i] = e.Name; strings.EqualFold(e.Name, name) {
			return e, nil
		}
	}
	return Explanation{}, usagef("nothing is called %q; there are %s", name, strings.Join(names, ", "))
}

// Explanations are those of all KPIs and of all stages.
func Explanations(r *Registry) []Explanation {
	var all []Explanation
	for _, f := range db.Formulas() {
		all = append(all, Explanation{Name: f.Key, Title: f.Title, Text: f.Definition + "\n\nExample: " + f.Example})
	}
	for _, s := range r.All() {
		if text, ok := stageTexts[s.Info().Name]; ok {
			all = append(all, Explanation{Name: s.Info().Name, Title: s.Info().Summary, Text: text + "\n\n" + terms(s)})
		}
	}
	return all
}

// terms are a stage's schedule and parameters.
func terms(s Stage) string {
	info := s.Info()
	when := "It runs when a session finishes."
	switch {
	case info.Step:
		when = "Every stage runs it first."
	case info.Schedule != "":
		when = fmt.Sprintf("Schedule (UTC): `%s`.", info.Schedule)
	}
	lines := []string{when + " One slice is one " + info.Slice + "."}
	if specs := Specs(s.Params()); len(specs) > 0 {
		lines = append(lines, "")
		for _, p := range specs {
			def := "default " + p.Default
			if p.Default == "" {
				def = "no default"
			}
			if p.Env != "" {
				def += ", $" + p.Env
			}
			lines = append(lines, fmt.Sprintf("- `--%s` (%s): %s.", p.Name, def, p.Help))
		}
	}
	return strings.Join(lines, "\n")
}

// Formulas is the whole of the definitions as one Markdown page.
func Formulas(r *Registry) string {
	var b strings.Builder
	b.WriteString("# Formulas\n\n<!-- Written by 'sextant explain > docs/formulas.md'; the text stands beside the code. -->\n\n" + preliminaries + "\n\n## KPIs\n")
	all := Explanations(r)
	stages := slices.IndexFunc(all, func(e Explanation) bool { _, ok := stageTexts[e.Name]; return ok })
	for i, e := range all {
		if i == stages {
			b.WriteString("\n## Stages\n")
		}
		fmt.Fprintf(&b, "\n### %s: %s\n\n%s\n", e.Name, e.Title, e.Text)
	}
	return b.String()
}
