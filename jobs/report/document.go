// Package report makes the weekly report of a learner: its content (Document),
// its words in a language and for a reader (Page), its figures, and its
// renderers. It reads no clock and no database but through db, and stores
// nothing: that is for package store.
package report

import (
	"time"

	"sextant/db"
)

// Document is everything the report of one learner and week says, whatever its
// language and edition: the same numbers stand behind every rendering. As JSON
// it is the data.json that a Quarto template reads. A nil number is one that is
// not known.
type Document struct {
	Learner         string           `json:"user_id"`
	Week            Week             `json:"week"`
	KPIs            []KPI            `json:"kpis"` // I_t, E_t, R_t, A_t, P and S, in this order
	Ability         *Ability         `json:"ability"`
	AbilityBefore   *Ability         `json:"ability_week_before"`
	Trajectory      []Ability        `json:"trajectory"`     // overall θ, one a day at most, oldest first
	Goals           []Goal           `json:"goals"`          // the highest priority first
	Topics          []Topic          `json:"topics"`         // those answered this week, the most answered first
	Days            []Activity       `json:"days"`           // Monday to Sunday
	LastAnswer      *time.Time       `json:"last_answer_at"` // nil: none by the end of the week
	Calibration     *Calibration     `json:"calibration"`    // in force for the week; nil: none
	Recommendations []Recommendation `json:"recommendations"`

	// Provenance is how the document came to be: no part of its content or hash.
	Provenance Provenance `json:"provenance"`
}

// KPI is one of the week's KPIs beside the week before's.
type KPI struct {
	Key   string   `json:"key"` // as in weekly_kpi
	Value *float64 `json:"value"`
	Last  *float64 `json:"last_week"`
}

// The keys of the KPIs.
const (
	Improvement = "I_t"
	Efficiency  = "E_t"
	Recovery    = "R_t"
	Engagement  = "A_t"
	Reach       = "P"
	Churn       = "S"
)

// Ability is an overall θ estimate. As everywhere, one without a positive SE
// counts as none.
type Ability struct {
	Theta float64   `json:"theta"`
	SE    float64   `json:"se"`
	AsOf  time.Time `json:"as_of"`
	Scale string    `json:"scale"` // its version: θs of different scales do not compare
}

// Goal is a topic the learner wants to reach a level in, and how far it is.
type Goal struct {
	Topic    string   `json:"topic_id"`
	Target   *float64 `json:"target"` // a θ
	Priority int      `json:"priority"`
	ByTopic  bool     `json:"by_topic"` // judged by the topic's own θ; false: by the overall θ
	Theta    *float64 `json:"theta"`
	SE       *float64 `json:"se"`
	P        *float64 `json:"probability"`   // that θ is at the target or above
	Missing  *float64 `json:"missing_theta"` // what θ lacks, with this SE, for P ≥ Likely; 0 when it is there
	Pace     *float64 `json:"pace_per_week"` // change of θ a week over the last four weeks
	Weeks    *float64 `json:"weeks_at_pace"` // Missing at that pace; nil where the pace does not lead there
}

// Likely is the probability from which on a goal counts as well within reach.
const Likely = 0.8

// Topic is the week's work on a topic.
type Topic struct {
	Topic       string   `json:"topic_id"` // empty: answers that name none
	Answers     int      `json:"answers"`
	Correct     int      `json:"correct"`
	Seconds     *float64 `json:"avg_seconds"` // mean response time of the answers that have one
	Theta       *float64 `json:"theta"`
	SE          *float64 `json:"se"`
	LastAnswers int      `json:"last_week_answers"`
	LastCorrect int      `json:"last_week_correct"`
}

// Activity is one day's work.
type Activity struct {
	Date    db.Day   `json:"date"`
	Answers int      `json:"answers"`
	Correct int      `json:"correct"`
	Minutes *float64 `json:"minutes"` // sum of the response times; nil where no answer has one
}

// Calibration is the calibration of the item bank in force for the week, and how
// it was linked to the scale: θ on the scale = A·θ of the fit + B.
type Calibration struct {
	RunID         string     `json:"run_id"`
	FittedAt      *time.Time `json:"fitted_at"`
	DataDay       *db.Day    `json:"data_day"`
	Model         string     `json:"model"`
	Scale         string     `json:"scale"`
	A             *float64   `json:"a"`
	B             *float64   `json:"b"`
	Method        string     `json:"method"`
	To            string     `json:"linked_to"` // anchors, previous, or scale (it starts one); empty: not known
	Items         *int       `json:"items"`
	SE            *float64   `json:"se"`
	AccumulatedSE *float64   `json:"accumulated_se"`
}

// Recommendation is a piece of advice and the numbers that caused it.
type Recommendation struct {
	Code    Advice             `json:"code"`
	Topic   string             `json:"topic_id,omitempty"`
	Numbers map[string]float64 `json:"numbers"`
}

// Provenance is which run made a document, when, and with which program.
type Provenance struct {
	RunID       string    `json:"run_id"`
	GeneratedAt time.Time `json:"generated_at"`
	Program     string    `json:"program"` // version of sextant
}

// KPI gives the KPI of a key; one without values where there is none.
func (d Document) KPI(key string) KPI {
	for _, k := range d.KPIs {
		if k.Key == key {
			return k
		}
	}
	return KPI{Key: key}
}

// Answers counts the week's answers and the correct ones.
func (d Document) Answers() (answers, correct int) {
	for _, day := range d.Days {
		answers += day.Answers
		correct += day.Correct
	}
	return answers, correct
}
