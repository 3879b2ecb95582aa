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

// FinishSession lets a learner sit and hand in one session, as the platform
// would write it: one transaction for the session and its result. It returns
// the session's id and how many answers are correct.
func FinishSession(ctx context.Context, d *db.DB, r *rand.Rand, s Sitting) (id string, correct int, err error) {
	if s.Answers == 0 {
		s.Answers = 20
	}
	questions, err := d.PlatformItems(ctx)
	if err != nil {
		return "", 0, err
	}
	if len(questions) == 0 {
		return "", 0, errors.New("this platform has no questions; 'sextant demo' makes one that has")
	}
	bank, err := d.ItemBank(ctx)
	if err != nil {
		return "", 0, err
	}
	params := map[string]irt.ItemParams{}
	for _, b := range bank {
		params[b.ItemID] = irt.ItemParams{A: b.A, B: b.B, C: b.C}
	}
	json := []byte(`{"questions":[`)
	for n := range s.Answers {
		q := questions[r.IntN(len(questions))]
		p, ok := params[q.ItemID]
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
	uuid := randomUUID(r)
	id = "session-" + formatUUID(uuid)
	done, score := "completed", float64(correct)/float64(s.Answers)
	session := db.PlatformSession{ID: id, UserID: &s.User, StartedAt: s.At.Add(-10 * time.Minute), EndedAt: &s.At, Status: &done,
		Result: &db.PlatformResult{ID: uuid, UserID: &s.User, Status: "ready", JSON: json, ScoreRaw: &score, CreatedAt: s.At, UpdatedAt: s.At}}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.CopyPlatformSessions(ctx, []db.PlatformSession{session})
	})
	return id, correct, err
}
