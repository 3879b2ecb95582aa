package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sextant/db"
	"sextant/irt"
)

// serve updates the learners of the changes in one transaction; when that fails
// for a reason of theirs, one by one, so that one learner's trouble is theirs.
func (s *hand) serve(ctx context.Context, run *db.Run, waiting []db.Change) error {
	ctx = context.WithoutCancel(ctx) // what is in hand is finished even when the worker is to stop
	err := s.batch(ctx, run, waiting)
	if err == nil || errors.Is(err, db.ErrSyncing) { // they wait for the sync to end
		return nil
	}
	subjects := bySubject(waiting)
	doubtful := crashes(err) && len(subjects) > 1
	if !doubtful && (fatal(err) || errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	return s.oneByOne(ctx, run, subjects)
}

// bySubject groups changes by whom they are about.
func bySubject(changes []db.Change) [][]db.Change {
	at := map[string]int{}
	var out [][]db.Change
	for _, c := range changes {
		i, ok := at[c.Subject()]
		if !ok {
			i = len(out)
			at[c.Subject()] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

// setAside postpones a learner who failed, or, after the last attempt, records
// the failure and closes their changes.
func (s *hand) setAside(ctx context.Context, run *db.Run, own []db.Change, cause error) error {
	subject, attempt := own[0].Subject(), 1+slices.MaxFunc(own, func(a, b db.Change) int { return a.Attempts - b.Attempts }).Attempts
	s.ledger.log.Warn("θ update failed", "learner", subject, "attempt", attempt, "error", cause.Error())
	return s.db.InSlice(ctx, run, func(tx *db.Tx) error {
		claimed, err := tx.ClaimChanges(ctx, own)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if attempt < thetaAttempts {
			return tx.PostponeChanges(ctx, claimed, time.Second<<(2*(attempt-1)))
		}
		s.ledger.fail()
		at, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := tx.AddFailure(ctx, run.ID, db.RunFailure{Kind: "learner", Subject: subject, Error: cause.Error()}); err != nil {
			return err
		}
		if err := tx.NoteOutcome(ctx, subject, "failed", cause.Error(), run.ID, at); err != nil {
			return err
		}
		return tx.FinishChanges(ctx, claimed)
	})
}

// update is one transaction's work.
type update struct {
	hand    *hand
	tx      *db.Tx
	run     *db.Run
	claimed []db.Change
	at      time.Time
	read    int64
	thetas  []db.OnlineTheta
	updated []string
	idle    map[string]string // learner → why nothing was written
}

// batch syncs, estimates, publishes and closes the changes, all or nothing.
func (s *hand) batch(ctx context.Context, run *db.Run, waiting []db.Change) error {
	// One that takes longer is on a line that may be cut.
	ctx, cancel := context.WithTimeoutCause(ctx, s.within(), fmt.Errorf("the database did not answer in %s", s.within()))
	defer cancel()
	var u *update
	err := s.db.InSlice(ctx, run, func(tx *db.Tx) error {
		u = &update{hand: s, tx: tx, run: run, idle: map[string]string{}}
		var err error
		if u.claimed, err = tx.ClaimChanges(ctx, waiting); err != nil || len(u.claimed) == 0 {
			return err
		}
		learners, err := u.sync(ctx)
		if err != nil {
			return err
		}
		if err := u.estimate(ctx, learners); err != nil {
			return err
		}
		return u.write(ctx)
	})
	if err != nil || len(u.claimed) == 0 {
		return err
	}
	s.ledger.count(len(u.updated), u.read, int64(len(u.thetas)))
	for user, why := range u.idle {
		s.ledger.log.Info("θ not updated", "learner", user, "outcome", why)
	}
	if s.online.Served != nil {
		for _, c := range u.claimed {
			s.online.Served(time.Since(c.At))
		}
	}
	return nil
}

// sync reads the sessions of the changes and gives the learners to update:
// those named and those whose answers turned out to have changed.
func (u *update) sync(ctx context.Context) ([]string, error) {
	var sessions, users []string
	for _, c := range u.claimed {
		if c.Many() { // they are served with the next look
			if err := u.tx.NoteChanged(ctx, c.At.Add(-searchOverlap)); err != nil {
				return nil, err
			}
		}
		if c.SessionID != "" && !slices.Contains(sessions, c.SessionID) {
			sessions = append(sessions, c.SessionID)
		}
		if c.UserID != "" && !slices.Contains(users, c.UserID) {
			users = append(users, c.UserID)
		}
	}
	synced, err := u.tx.SyncSessions(ctx, sessions, users)
	if err != nil {
		return nil, err
	}
	u.at = synced.At
	others := slices.DeleteFunc(synced.Learners, func(l string) bool { return slices.Contains(users, l) })
	if len(others) == 0 {
		return users, nil
	}
	free, err := u.tx.TryLockLearners(ctx, others)
	if err != nil {
		return nil, err
	}
	var busy []string
	for _, l := range others {
		if free[l] {
			users = append(users, l)
		} else {
			busy = append(busy, l)
		}
	}
	if len(busy) > 0 { // waiting for them here could be waiting for each other
		err = u.tx.AddChanges(ctx, busy)
	}
	return users, err
}

// estimate computes the learners' θs.
func (u *update) estimate(ctx context.Context, users []string) error {
	bank := &u.hand.bank
	sc, err := bank.scale(ctx, u.tx)
	if err != nil {
		return err
	}
	since := db.DayOf(u.at).Add(1 - u.hand.online.Lookback).Start()
	answers, items := map[string][]db.LearnerAnswer{}, map[string]bool{}
	if err := u.tx.EachAnswerOf(ctx, users, since, u.at, func(user string, a db.LearnerAnswer) {
		answers[user] = append(answers[user], a)
		items[a.ItemID] = true
		u.read++
	}); err != nil {
		return err
	}
	if sc, err = bank.know(ctx, u.tx, sc, items); err != nil {
		return err
	}
	inForce, err := u.tx.AbilitiesInForce(ctx, users, sc.version)
	if err != nil {
		return err
	}
	slices.Sort(users) // the order of the published rows, so that writers never wait in a circle
	persons, topicsOf := make([]personAnswers, 0, len(users)), make([][]string, 0, len(users))
	for _, user := range users {
		switch p, topics := sc.usable(user, latestByItem(answers[user])); {
		case len(answers[user]) == 0:
			u.idle[user] = OutcomeNoAnswers
		case len(p.items) == 0:
			u.idle[user] = OutcomeNoParameters
		case inForce[user].After(u.at):
			u.idle[user] = OutcomeOlder
		default:
			persons, topicsOf = append(persons, p), append(topicsOf, topics)
		}
	}
	scores, err := u.score(ctx, sc.scorer, persons)
	if err != nil {
		return err
	}
	for i, p := range persons {
		if scores[i].err != nil {
			return fmt.Errorf("θ of %s: %w", p.user, scores[i].err)
		}
		model := sc.modelFor(p)
		for _, t := range scores[i].thetas(p, topicsOf[i]) {
			u.thetas = append(u.thetas, db.OnlineTheta{Theta: t, Model: model})
		}
		u.updated = append(u.updated, p.user)
	}
	return nil
}

// latestByItem keeps the last answer to each item, in their order.
func latestByItem(answers []db.LearnerAnswer) []db.LearnerAnswer {
	last := make(map[string]int, len(answers))
	for i, a := range answers {
		last[a.ItemID] = i
	}
	keep := answers[:0]
	for i, a := range answers {
		if last[a.ItemID] == i {
			keep = append(keep, a)
		}
	}
	return keep
}

// usable are the answers whose items have parameters, and their topics' names.
func (s *scale) usable(user string, answers []db.LearnerAnswer) (personAnswers, []string) {
	p, topics := personAnswers{user: user}, newIndex()
	for _, a := range answers {
		i, ok := s.items[a.ItemID]
		if !ok {
			continue
		}
		p.add(i, a, topics)
	}
	return p, topics.names
}

// modelFor names the model of a learner's estimate.
func (s *scale) modelFor(p personAnswers) string {
	if s.model != "" {
		return s.model
	}
	used := make([]irt.ItemParams, len(p.items))
	for i, it := range p.items {
		used[i] = s.params[it]
	}
	return modelOf(used)
}

// write publishes the estimates, records who got none and why, and closes the
// changes.
func (u *update) write(ctx context.Context) error {
	if len(u.thetas) > 0 {
		if err := u.tx.WriteOnline(ctx, u.run.ID, u.hand.bank.current.version, u.at, u.thetas); err != nil {
			return err
		}
	}
	for user, why := range u.idle {
		if why == OutcomeOlder {
			continue
		}
		if err := u.tx.NoteOutcome(ctx, user, why, "", u.run.ID, u.at); err != nil {
			return err
		}
	}
	return u.tx.FinishChanges(ctx, u.claimed)
}
