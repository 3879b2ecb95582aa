package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

const (
	workerBeat = 5 * time.Second
	taskPause  = time.Second      // before a task that ended is begun again
	taskMost   = 30 * time.Second // at most, when it keeps ending
)

// Worker is a process that serves the database until it is told to stop: queued
// runs and, as asked, the schedule and θ at session end. Any number of them work
// on one database.
type Worker struct {
	Runner      *Runner
	Service     *Service
	Log         *slog.Logger
	Commit      string
	Concurrency int           // queued runs at once
	Grace       time.Duration // for what is in hand, when it is to stop
	Theta       bool          // bring θ up to date as sessions finish
	Schedule    bool          // fire the stages on time
	CatchUp     CatchUp
	Listen      string // address of health and metrics; empty: none

	row     db.Worker
	metrics *Metrics
	queue   *queue
	tasks   []*task

	mu   sync.Mutex
	seen time.Time // when the last heartbeat was written
}

// task is something a worker does until its context ends.
type task struct {
	name string
	run  func(ctx context.Context) error

	mu  sync.Mutex
	err error // why it is being begun again; nil while it runs
}

func (t *task) set(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

func (t *task) trouble() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Check says what of the configuration makes no sense, before anything begins.
func (w *Worker) Check() error {
	switch {
	case w.Runner.ReadOnly:
		return ErrReadOnly
	case w.Concurrency < 1 || w.Concurrency > 100:
		return usagef("--concurrency is from 1 to 100, not %d", w.Concurrency)
	case w.Grace < 0:
		return usagef("--grace: %s is negative", w.Grace)
	}
	if w.Theta {
		if err := w.Runner.able(updateTheta); err != nil {
			return err
		}
	}
	if !w.Schedule {
		return nil
	}
	for _, st := range w.Runner.Stages.All() {
		if info := st.Info(); info.Schedule != "" && !info.Off {
			if err := w.Runner.able(info.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Run works until ctx ends and what is in hand is done.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Check(); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name the worker: %w", err)
	}
	host, pid := w.Runner.Host, os.Getpid()
	w.row = db.Worker{ID: id, Name: fmt.Sprintf("worker %s/%d", host, pid), Host: host, PID: pid, Version: w.Runner.Version}
	w.metrics = NewMetrics(w.Service, w.Commit)
	if err := w.assemble(); err != nil {
		return err
	}
	if w.Listen != "" {
		l, err := net.Listen("tcp", w.Listen)
		if err != nil {
			return usagef("--listen %s: %s", w.Listen, err)
		}
		w.row.Listen = l.Addr().String()
		closed := w.serveHTTP(l)
		defer closed()
	}
	if err := w.beat(ctx); err != nil {
		return err
	}
	w.Log.Info("the worker is ready", "name", w.row.Name, "id", id.String(), "tasks", fmt.Sprint(w.row.Tasks), "listen", w.row.Listen)
	w.workUntil(ctx)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := w.Runner.DB.RemoveWorker(last, id); err != nil {
		w.Log.Warn("the worker stays on the list for a day", "error", err.Error())
	}
	w.Log.Info("the worker has stopped", "name", w.row.Name)
	return nil
}

// assemble makes the tasks.
func (w *Worker) assemble() error {
	w.queue = &queue{runner: w.Runner, worker: w.row.ID, name: w.row.Name, concurrency: w.Concurrency, grace: w.Grace,
		log: w.Log, ended: w.metrics.ran, hand: map[uuid.UUID]db.InHand{}}
	w.tasks = []*task{{name: "queue", run: w.queue.Run}, {name: "mend", run: w.queue.mend}}
	if w.Schedule {
		t := &ticker{runner: w.Runner, name: w.row.Name, catchUp: w.CatchUp, log: w.Log}
		w.tasks = append(w.tasks, &task{name: "schedule", run: t.Run})
	}
	if w.Theta {
		var p ThetaParams
		if err := fill(&p, w.Runner.Defaults, w.Runner.Getenv, nil); err != nil {
			return err
		}
		o := &Online{Runner: w.Runner, Name: w.row.Name, Lookback: p.Lookback, Scorer: p.Scorer, Served: w.metrics.ThetaLatency}
		w.tasks = append(w.tasks, &task{name: "theta", run: o.Run})
	}
	for _, t := range w.tasks {
		w.row.Tasks = append(w.row.Tasks, t.name)
	}
	return nil
}

// workUntil runs the tasks until ctx ends, and beats until the last has ended.
func (w *Worker) workUntil(ctx context.Context) {
	var working sync.WaitGroup
	for _, t := range w.tasks {
		working.Go(func() { w.keep(ctx, t) })
	}
	done := make(chan struct{})
	go func() {
		working.Wait()
		close(done)
	}()
	tick := time.NewTicker(workerBeat)
	defer tick.Stop()
	stop := ctx.Done()
	for {
		select {
		case <-done:
			return
		case <-stop:
			stop = nil
			w.Log.Info("stopping: nothing new is taken", "in_hand", len(w.queue.inHand()), "grace", w.Grace.String())
			w.mu.Lock()
			w.row.Stopping = true
			w.mu.Unlock()
		case <-tick.C:
		}
		if err := w.beat(context.WithoutCancel(ctx)); err != nil {
			w.Log.Warn("heartbeat failed", "error", err.Error())
		}
	}
}

// beat tells the database that the worker lives, and what it does.
func (w *Worker) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, workerBeat)
	defer cancel()
	w.mu.Lock()
	row := w.row
	w.mu.Unlock()
	row.Doing = w.queue.inHand()
	if err := w.Runner.DB.BeatWorker(ctx, row); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = time.Now()
	return nil
}

// keep runs a task, and begins it again when it ends before its time.
func (w *Worker) keep(ctx context.Context, t *task) {
	pause := taskPause
	for {
		began := time.Now()
		t.set(nil)
		err := guarded(ctx, t.run)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				w.Log.Warn("a task ended badly", "task", t.name, "error", err.Error())
			}
			return
		}
		if err == nil {
			err = errors.New("it ended")
		}
		t.set(err)
		if time.Since(began) > taskMost {
			pause = taskPause
		}
		w.Log.Warn("a task is interrupted and will be begun again", "task", t.name, "after", pause.String(), "error", err.Error())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			pause = min(2*pause, taskMost)
		}
	}
}

// guarded turns a panic into an error: one task must not end the others.
func guarded(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(ctx)
}
