package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// Console is everything a screen or its CLI twin shows and does. *Service
// implements it on a database; the console's tests on fixed data.
type Console interface {
	// About says where we are connected; it does no I/O.
	About() About
	Pipeline(ctx context.Context) (Pipeline, error)
	Runs(ctx context.Context, f db.RunFilter) ([]db.Run, error)
	// Run gives a run with its log lines after a sequence number (0: all).
	Run(ctx context.Context, id uuid.UUID, after int64) (RunDetail, error)
	// FindRun gives a run by the start of its id.
	FindRun(ctx context.Context, prefix string) (RunDetail, error)
	// Calendar tells how each day of a span stands with a stage, oldest first;
	// none of a stage that publishes no days.
	Calendar(ctx context.Context, stage string, from, to db.Day) ([]db.CalendarDay, error)
	// Watch calls changed once it listens, and then with every change of the
	// ledger, until ctx ends; db.ErrNoListen where one has to ask.
	Watch(ctx context.Context, changed func()) error
	LearnerConsole
	RunConsole
	// Items gives a bank as its calibration in force left it.
	Items(ctx context.Context, f ItemFilter) (Items, error)
	// Item gives an item through the calibrations of a bank, newest first.
	Item(ctx context.Context, bank, item string) (ItemDetail, error)
	// Bank sums a bank up: its learners against its items, its precision, its drift.
	Bank(ctx context.Context, bank string) (BankSummary, error)
	// Refused tells of a calibration that was not published, and its items.
	Refused(ctx context.Context, run uuid.UUID) (Refusal, error)
	// Quarantine counts what could not be taken from the platform, by reason.
	Quarantine(ctx context.Context) (Quarantine, error)
	// QuarantineSample shows the newest of what a reason keeps out.
	QuarantineSample(ctx context.Context, reason string, resolved bool, limit int) (QuarantineSample, error)
	// Params lists the parameters a stage takes, with their defaults here.
	Params(stage string) ([]ParamSpec, error)
	// Validate reports what is wrong with a request itself; it does no I/O.
	Validate(q Request) error
	Preview(ctx context.Context, q Request) (Preview, error)
	// WhyTheta explains the θ in force, overall or, for a topic not empty, of it.
	WhyTheta(ctx context.Context, userID, topicID string) (ThetaWhy, error)
	// Launch starts a run outside the console, as a process of its own or by a
	// worker, and returns once the run stands in the ledger.
	Launch(ctx context.Context, q Request) (uuid.UUID, error)
	// Cancel asks a run to stop; the reason may be empty.
	Cancel(ctx context.Context, id uuid.UUID, reason string) error
	// Workers lists the workers and what waits for them.
	Workers(ctx context.Context) (Workers, error)
	// Pause holds a stage's scheduled runs until a moment or, with none, until
	// somebody resumes it.
	Pause(ctx context.Context, stage, reason string, until *time.Time) (db.Pause, error)
	// Resume ends a pause and reports whether there was one.
	Resume(ctx context.Context, stage, reason string) (bool, error)

	ReportConsole
}

// About names the place a console looks at.
type About struct {
	Profile     string `json:"profile"`
	Environment string `json:"environment"` // shown in the header; "production" is red
	Colour      string `json:"colour"`      // of the environment, as configured; may be empty
	Database    string `json:"database"`    // user@host:port/name
	ReadOnly    bool   `json:"read_only"`
	Version     string `json:"version"`
	Launches    Where  `json:"-"` // runs that do not say where
}

// State is a stage's freshness.
type State string

// The states of a stage, from good to bad.
const (
	StateFresh   State = "fresh"   // the data day due has been published
	StateRunning State = "running" // a run is under way
	StateDue     State = "due"     // its deadline has passed, within grace
	StateLate    State = "late"    // past grace
	StateFailed  State = "failed"  // the last try for the due day failed
	StateNever   State = "never"   // it has never published anything
	StatePaused  State = "paused"  // an operator holds it
	StateOff     State = "off"     // the config file leaves it out
)

// StageStatus is one line of the pipeline.
type StageStatus struct {
	Info
	State    State      `json:"state"`
	Why      string     `json:"why"`      // the state in words
	DataDay  *db.Day    `json:"data_day"` // newest published
	DueDay   *db.Day    `json:"due_day"`  // newest that should be
	LagDays  *int       `json:"lag_days"` // due day minus data day
	Deadline *time.Time `json:"deadline"` // of the due day, grace excluded
	NextTick *time.Time `json:"next_run"`
	LastRun  *db.Run    `json:"last_run"`
	Pause    *db.Pause  `json:"pause"` // in force; nil: none

	UpstreamNewer *UpstreamNewer `json:"upstream_newer"` // beside the state: what it stands on has changed since

	Recent []db.Run `json:"-"` // newest first, for the spark line
}

// Pipeline is the state of all stages at one moment.
type Pipeline struct {
	At      time.Time     `json:"at"`                 // by the database's clock
	Skew    float64       `json:"clock_skew_seconds"` // how far that is ahead of this machine's; 0 within SkewTolerance
	Source  string        `json:"source"`             // where answers come from; empty before the first sync
	Answers int64         `json:"answers"`            // in the fact table, estimated
	SyncAt  *time.Time    `json:"synced_at"`
	Waiting *time.Time    `json:"theta_waiting_since"` // the newest answer of the learner whose θ has waited longest; null: none waits
	Scale   *Scale        `json:"scale"`               // of the θs in force; null before the first calibration
	Stages  []StageStatus `json:"stages"`
}

// Workers is who works, and what waits for them.
type Workers struct {
	Workers []db.Worker     `json:"workers"`
	Queue   []db.StageQueue `json:"queue"`
	Jobs    []db.JobCount   `json:"jobs"`          // the queue's own, not done
	Running []db.Run        `json:"running"`       // whoever is at them: a worker, cron, a console
	Theta   db.Backlog      `json:"theta_waiting"` // changes that wait for a θ update
}

// RunDetail is a run with its log and failures.
type RunDetail struct {
	db.Run
	Events   []db.RunEvent   `json:"events"`
	Failures []db.RunFailure `json:"failures"`
	Command  string          `json:"command"` // the shell command that does the same
}

// ThetaPreview is one learner's θ now and as a recompute would leave it.
type ThetaPreview struct {
	UserID      string      `json:"user_id"`
	Outcome     string      `json:"outcome"` // update, no answers, no parameters, older than the one in force, or unknown learner
	Old         *db.Ability `json:"old"`
	New         *db.Ability `json:"new"`
	AsOf        time.Time   `json:"as_of"`
	Lookback    int         `json:"lookback_days"`
	PriorMean   float64     `json:"prior_mean"`
	PriorSD     float64     `json:"prior_sd"`
	Version     string      `json:"version"`     // the θ scale
	Calibration string      `json:"calibration"` // the run whose parameters are in force; empty: none
	Used        []Scored    `json:"used"`
	LeftOut     []Excluded  `json:"left_out"`
	Unsynced    int64       `json:"unsynced_sessions"`
}

// Scored is an answer that θ rests on, with its item's parameters.
type Scored struct {
	ItemID     string    `json:"item_id"`
	TopicID    *string   `json:"topic_id"`
	Correct    bool      `json:"correct"`
	AnsweredAt time.Time `json:"answered_at"`
	A          float64   `json:"a"`
	B          float64   `json:"b"`
	C          float64   `json:"c"`
	Expected   float64   `json:"expected"` // probability of a correct answer at the new θ
	From       string    `json:"from"`     // where the parameters come from: calibration or question
}

// Excluded is an answer that θ does not rest on, and why.
type Excluded struct {
	ItemID     string    `json:"item_id"`
	TopicID    *string   `json:"topic_id"`
	AnsweredAt time.Time `json:"answered_at"`
	Code       Exclusion `json:"code"`
	Reason     string    `json:"reason"` // the code in words
}
