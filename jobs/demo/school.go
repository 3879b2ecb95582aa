package demo

import (
	"fmt"

	"sextant/db"
)

const (
	classSize = 25
	orgs      = 3
)

// classroomOf places learner k: classes of 25, dealt to the organisations in turn.
func classroomOf(k int) (org int, id string) {
	class := k / classSize
	return 1 + class%orgs, fmt.Sprintf("class-%04d", class+1)
}

// Classrooms returns the rows of classroom.
func (s *Simulation) Classrooms() []db.PlatformClassroom {
	n := (s.opts.Learners + classSize - 1) / classSize
	rows := make([]db.PlatformClassroom, n)
	for i := range rows {
		r := s.opts.random(streamClassroom, i)
		org, id := classroomOf(i * classSize)
		grade := 1 + r.IntN(3)
		rows[i] = db.PlatformClassroom{ID: id, OrgID: org, Grade: &grade, CreatedAt: s.start.AddDate(0, 0, -30)}
		switch {
		case i%10 == 9:
			rows[i].Name, rows[i].Grade = fmt.Sprintf("Evening group %d", i+1), nil
		case org == orgs:
			rows[i].Name = fmt.Sprintf("Year %d, set %d", 9+grade, 1+r.IntN(8))
		default:
			rows[i].Name = fmt.Sprintf("%d학년 %d반", grade, 1+r.IntN(12))
		}
	}
	return rows
}

// Goals returns learner k's rows of interest_goal: none to three, with ties in
// priority and goals without a target or a priority.
func (s *Simulation) Goals(k int) []db.PlatformGoal { return s.goals(s.learner(k)) }

func (s *Simulation) goals(l *learner) []db.PlatformGoal {
	r := s.opts.random(streamGoals, l.index)
	n := 0
	if r.Float64() < 0.7 {
		n = 1 + r.IntN(3)
	}
	first, step := r.IntN(len(topics)), 1+2*r.IntN(4) // odd steps below 20: no topic twice
	rows := make([]db.PlatformGoal, n)
	for i := range rows {
		t := (first + i*step) % len(topics)
		rows[i] = db.PlatformGoal{
			UserID:    l.UserID,
			TopicID:   topics[t].id,
			CreatedAt: s.start.AddDate(0, 0, r.IntN(s.opts.Days)),
		}
		target := round3(l.TopicTheta(t, 0) + 0.4 + 0.5*r.NormFloat64())
		if r.Float64() < 0.85 {
			rows[i].TargetLevel = &target
		}
		priority := r.IntN(3)
		if r.Float64() < 0.93 {
			rows[i].Priority = &priority
		}
	}
	return rows
}
