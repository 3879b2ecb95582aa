package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

const (
	heartbeat   = 2 * time.Second  // a request to cancel is seen within it
	lastWords   = 10 * time.Second // to record an outcome after cancellation
	maxAttempts = 3                // of a slice, when the database falters
)

// Runner runs stages. The console, the command line, cron and the worker all
// come here: lock, ledger row, stage, outcome.
type Runner struct {
	DB       *db.DB
	Stages   *Registry
	Log      *slog.Logger
	Clock    func() time.Time
	Getenv   func(string) string
	Host     string
	Version  string
	Actor    string // who runs it when a request names nobody
	ReadOnly bool
	Observe  func(db.Run, db.RunProgress) // may be nil; called as the run goes on

	// Defaults are the stages' parameters, by name, that the config file sets.
	Defaults map[string]string
	// Plumber is the R service that the parameter scorer=plumber speaks of.
	Plumber PlumberSettings

	// Skew measures how far the database's clock is ahead of Clock; the database
	// is asked when it is nil.
	Skew func(context.Context) (time.Duration, error)
}

// LockedError says that another run holds the stage's lock; exit code 3.
type LockedError struct {
	Stage  string
	Holder *db.Run // nil when its row cannot be found
}

func (e *LockedError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("%s is locked by another session; see 'sextant runs'", e.Stage)
	}
	h := e.Holder
	return fmt.Sprintf("%s is being run by %s on %s since %s (run %s); follow it with 'sextant runs show %s'",
		e.Stage, h.Actor, h.Host, h.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC"), h.ID, h.ID)
}

// ErrReadOnly refuses every change in read-only mode.
var ErrReadOnly = &UsageError{"this session is read-only: nothing can be changed from here"}

// CancelledError ends a run that was asked to stop.
type CancelledError struct{ By string }

func (e *CancelledError) Error() string { return "cancelled by " + e.By }

// Validate reports what is wrong with a request itself; it asks no database.
func (r *Runner) Validate(q Request) error {
	stage, _, err := r.prepare(q, r.Clock().UTC())
	switch {
	case err != nil:
		return err
	case slices.Contains(q.Users, ""):
		return usagef("a learner's id cannot be empty")
	case !stage.Info().PerLearner:
		return nil
	case len(q.Users) == 0:
		return nameLearners(q.Stage)
	case q.Backfill() || q.Date != nil:
		return usagef("%s takes no date: θ is estimated as of now", q.Stage)
	}
	return nil
}

// Run runs a stage to its outcome and returns the ledger row as it ended. The
// error is nil for succeeded, and for partial a *PartialError.
func (r *Runner) Run(ctx context.Context, q Request) (db.Run, error) {
	stage, job, held, err := r.admit(ctx, q)
	if err != nil {
		return db.Run{}, err
	}
	if held != "" {
		return r.refuse(ctx, stage, job, held)
	}
	if job.service, err = r.service(job.Params); err != nil {
		return db.Run{}, err
	}
	run, err := r.newRun(stage, job)
	if err != nil {
		return db.Run{}, err
	}
	lock, free, err := r.DB.TryLock(ctx, run.LockKey)
	if err != nil {
		return db.Run{}, err
	}
	if !free {
		return db.Run{}, r.locked(ctx, run)
	}
	defer lock.Release(context.WithoutCancel(ctx))
	lost, err := r.DB.TakeOver(ctx, run.LockKey)
	if err != nil {
		return db.Run{}, err
	}
	begin := r.DB.StartRun
	if q.queued {
		begin = r.DB.ClaimRun
	}
	if err := begin(ctx, &run); err != nil {
		return db.Run{}, err
	}
	job.Run = &run
	ping := newPinger(cmp.Or(q.PingURL, stage.Info().PingURL), r.Log)
	ping.start(ctx)
	run, err = r.supervise(ctx, stage, job, lock, lost)
	ping.end(ctx, err != nil)
	return run, err
}

// admit prepares a request that is to be carried out, and says why its stage is
// held where that stops it.
func (r *Runner) admit(ctx context.Context, q Request) (stage Stage, job *Job, held string, err error) {
	if err := r.Validate(q); err != nil {
		return nil, nil, "", err
	}
	if r.ReadOnly {
		return nil, nil, "", ErrReadOnly
	}
	now, skew, err := r.now(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	stage, job, err = r.prepare(q, now)
	if err != nil {
		return nil, nil, "", err
	}
	if skew != 0 {
		r.Log.Warn("the clocks of the database and of this machine differ; the database's counts", "database_ahead", skew.Round(time.Second).String())
	}
	if !holds(stage, q) {
		return stage, job, "", nil
	}
	held, err = r.hold(ctx, stage, now)
	return stage, job, held, err
}

// prepare validates a request against its stage and the time.
func (r *Runner) prepare(q Request, now time.Time) (Stage, *Job, error) {
	stage, err := r.Stages.find(q.Stage)
	if err != nil {
		return nil, nil, err
	}
	if q.Actor == "" {
		q.Actor = r.Actor
	}
	if q.PingURL != "" {
		if err := checkPingURL(q.PingURL); err != nil {
			return nil, nil, err
		}
	}
	asked := now
	if !q.asked.IsZero() {
		asked = q.asked
	}
	from, to, err := q.window(asked)
	if err != nil {
		return nil, nil, err
	}
	params := stage.Params()
	if err := fill(params, r.Defaults, r.Getenv, q.Options); err != nil {
		return nil, nil, err
	}
	if p, ok := params.(settler); ok {
		if from, to, err = p.settle(q, from, to); err != nil {
			return nil, nil, err
		}
	}
	return stage, &Job{DB: r.DB, Request: q, Params: params, From: from, To: to, Now: now, Log: r.Log,
		defaults: r.Defaults, getenv: r.Getenv, version: r.Version}, nil
}

// settler is a parameter struct that has a say in the days of a run, or whose
// parameters exclude one another.
type settler interface {
	settle(q Request, from, to db.Day) (db.Day, db.Day, error)
}

// newRun is the ledger row of a run about to start.
func (r *Runner) newRun(stage Stage, j *Job) (db.Run, error) {
	id := j.Request.ID
	if id == uuid.Nil {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return db.Run{}, fmt.Errorf("make a run id: %w", err)
		}
	}
	q := j.Request
	if stage.Info().Discreet {
		q = q.discreet()
	}
	params, err := json.Marshal(j.record(q))
	if err != nil {
		return db.Run{}, fmt.Errorf("record the parameters: %w", err)
	}
	key := db.LockKey("stage:" + stage.Info().Name)
	if stage.Info().PerLearner {
		key = db.RunLockKey(id) // its writes are serialised learner by learner
	}
	pid := os.Getpid()
	return db.Run{ID: id, Stage: q.Stage, Params: params, WindowFrom: &j.From, WindowTo: &j.To, Trigger: q.Trigger,
		Actor: q.Actor, Reason: q.Reason, Host: r.Host, PID: &pid, Version: r.Version, LockKey: key}, nil
}

func (r *Runner) locked(ctx context.Context, run db.Run) error {
	holder, err := r.DB.Holder(ctx, run.LockKey)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return &LockedError{Stage: run.Stage}
	case err != nil:
		return err
	}
	return &LockedError{Stage: run.Stage, Holder: &holder}
}
