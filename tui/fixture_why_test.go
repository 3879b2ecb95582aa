package tui

import (
	"context"
	"fmt"
	"math"
	"time"

	"sextant/db"
	"sextant/irt"
	"sextant/jobs"
)

// WhyTheta is the learner's θ as the pulls of 24 answers, or many.
func (f *fixture) WhyTheta(ctx context.Context, userID, topicID string) (jobs.ThetaWhy, error) {
	if err := f.read(ctx); err != nil {
		return jobs.ThetaWhy{}, err
	}
	if userID == "00017" {
		return jobs.ThetaWhy{}, &jobs.NoThetaError{User: userID, Topic: topicID}
	}
	run := runID(3)
	w := jobs.ThetaWhy{UserID: userID, AsOf: *at("2025-11-22 22:40:02"), Lookback: 180, PriorMean: 0.12, PriorSD: 1.04, Version: "v1", Calibration: run.String(),
		Origin: db.ThetaOrigin{Source: "online", Stage: "update-theta", Actor: "worker", RunID: &run}, Agrees: true, SE: 0.287,
		LeftOut: []jobs.Excluded{}, Later: 2}
	if topicID != "" {
		w.TopicID, w.PriorFrom, w.PriorMean, w.PriorSD = &topicID, 19, 0.61, 0.52
	}
	w.Theta = w.PriorMean
	topics := []string{"algebra", "분수와 소수", "확률", "functions"}
	for k := range max(24, f.many) {
		if topicID != "" && topics[k%4] != topicID {
			continue
		}
		u := jobs.Pulled{Scored: jobs.Scored{ItemID: fmt.Sprint(101 + k*3), TopicID: &topics[k%4], Correct: k%3 != 0, AnsweredAt: w.AsOf.Add(-time.Duration(k*k) * 3 * time.Hour),
			A: 0.8 + 0.1*float64(k%7), B: -1.6 + 0.15*float64(k), From: "calibration"}}
		u.Expected = irt.ItemParams{A: u.A, B: u.B}.Prob(0.84)
		u.Pull = 0.16 * (map[bool]float64{true: 1}[u.Correct] - u.Expected) * u.A
		if k == 7 {
			u.From = "question"
		}
		w.Theta += u.Pull
		w.Used = append(w.Used, u)
	}
	w.Stored = db.Ability{Theta: math.Round(w.Theta*1e4) / 1e4, SE: ptr(0.287), Model: "2PL", Version: "v1", FittedAt: w.AsOf}
	for k := range max(6, f.many) {
		why := []jobs.Exclusion{jobs.Superseded, jobs.Superseded, jobs.NoParameters, jobs.TooOld, jobs.Superseded, jobs.AnsweredLater}[k%6]
		w.LeftOut = append(w.LeftOut, jobs.Excluded{ItemID: fmt.Sprint(101 + k*13), TopicID: &topics[k%4], AnsweredAt: w.AsOf.AddDate(0, 0, -9*k), Code: why})
	}
	return w, nil
}
