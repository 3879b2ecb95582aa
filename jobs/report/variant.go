package report

import (
	"time"

	"sextant/db"
)

// Edition says whom a report is for.
type Edition string

// The editions. The learner's is for learners and parents and leaves out the
// risk of dropping out; the teacher's has it, and the technical detail.
const (
	Learner Edition = "learner"
	Teacher Edition = "teacher"
)

// Editions are all there are.
var Editions = []Edition{Learner, Teacher}

// Language is the language of a report, as in its lang attribute.
type Language string

// The languages.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// Languages are all there are.
var Languages = []Language{Korean, English}

// Format is the form of a rendered report; also its file's ending.
type Format string

// The formats.
const (
	HTMLFormat Format = "html"
	PDFFormat  Format = "pdf"
)

// Formats are all there are.
var Formats = []Format{HTMLFormat, PDFFormat}

// ContentType is the format's media type.
func (f Format) ContentType() string {
	if f == PDFFormat {
		return "application/pdf"
	}
	return "text/html; charset=utf-8"
}

// Variant is one rendering of a document: for whom, and in which language.
type Variant struct {
	Edition  Edition  `json:"edition"`
	Language Language `json:"language"`
}

// String is edition.language, as in an object's name.
func (v Variant) String() string { return string(v.Edition) + "." + string(v.Language) }

// Week is an ISO week, in UTC.
type Week struct {
	Monday db.Day `json:"monday"`
	Sunday db.Day `json:"sunday"`
}

// WeekOf is the week that holds a day.
func WeekOf(d db.Day) Week { return Week{Monday: d.Monday(), Sunday: d.Monday().Add(6)} }

// End is the moment after the week's last.
func (w Week) End() time.Time { return w.Sunday.End() }

// Last is the week before.
func (w Week) Last() Week { return WeekOf(w.Monday.Add(-7)) }

// String is the week's name: its Monday, as 2026-11-16.
func (w Week) String() string { return w.Monday.String() }
