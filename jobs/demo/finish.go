package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sextant/db"
	"sextant/irt"
)

// Sitting is one more session of a demo learner.
type Sitting struct {
	User    string
	Answers int     // how many questions; 20 when 0
	Theta   float64 // the ability they answer with
	At      time.Time
}

// Sitter lets demo learners sit further sessions.
type Sitter struct {
	db        *db.DB
	questions []db.PlatformItem
	params    map[string]irt.ItemParams
}

// NewSitter reads the platform's questions and what is known of them.
func NewSitter(ctx context.Context, d *db.DB) (*Sitter, error) {
	questions, err := d.PlatformItems(ctx)
	if err != nil {
		return nil, err
	}
	if len(questions) == 0 {
		return nil, errors.New("this platform has no questions; 'sextant demo' makes one that has")
	}
	bank, err := d.ItemBank(ctx)
	if err != nil {
		return nil, err
	}
	params := map[string]irt.ItemParams{}
	for _, b := range bank {
		params[b.ItemID] = irt.ItemParams{A: b.A, B: b.B, C: b.C}
	}
	return &Sitter{d, questions, params}, nil
}

// Finish lets a learner sit and hand in one session, as the platform would
// write it: one transaction for the session and its result. It returns the
// session's id and how many answers are correct.
func (t *Sitter) Finish(ctx context.Context, r *rand.Rand, s Sitting) (id string, correct int, err error) {
	session, correct := t.draw(r, s)
	err = t.db.InTx(ctx, func(tx *db.Tx) error {
		return tx.CopyPlatformSessions(ctx, []db.PlatformSession{session})
	})
	return session.ID, correct, err
}

// FinishMany lets each of several learners finish a session, in one transaction.
func (t *Sitter) FinishMany(ctx context.Context, r *rand.Rand, sittings []Sitting) error {
	sessions := make([]db.PlatformSession, len(sittings))
	for i, s := range sittings {
		sessions[i], _ = t.draw(r, s)
	}
	return t.db.InTx(ctx, func(tx *db.Tx) error { return tx.CopyPlatformSessions(ctx, sessions) })
}

func (t *Sitter) draw(r *rand.Rand, s Sitting) (session db.PlatformSession, correct int) {
	if s.Answers == 0 {
		s.Answers = 20
	}
	json := []byte(`{"questions":[`)
	for n := range s.Answers {
		q := t.questions[r.IntN(len(t.questions))]
		p, ok := t.params[q.ItemID]
		if !ok {
			p = irt.ItemParams{A: 1}
		}
		right := r.Float64() < p.Prob(s.Theta)
		if right {
			correct++
		}
		if n > 0 {
			json = append(json, ',')
		}
		json = fmt.Appendf(json, `{"question_id":%s,"topic":%q,"is_correct":%t,"time_spent_sec":%d,"used_hints":0}`,
			q.ItemID, q.TopicID, right, 5+r.IntN(60))
	}
	json = append(json, `]}`...)
	id := randomUUID(r)
	done, score := "completed", float64(correct)/float64(s.Answers)
	return db.PlatformSession{ID: "session-" + formatUUID(id), UserID: &s.User, StartedAt: s.At.Add(-10 * time.Minute), EndedAt: &s.At, Status: &done,
		Result: &db.PlatformResult{ID: id, UserID: &s.User, Status: "ready", JSON: json, ScoreRaw: &score, CreatedAt: s.At, UpdatedAt: s.At}}, correct
}
