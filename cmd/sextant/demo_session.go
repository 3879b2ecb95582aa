package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

type finishOptions struct {
	app     *app
	answers int
	theta   float64
	given   bool
}

func newFinishSessionCmd(a *app) *cobra.Command {
	o := finishOptions{app: a}
	cmd := &cobra.Command{
		Use: "finish-session USER", Short: "Let a demo learner hand in one more session",
		Long: `Writes one finished session of a demo learner, as the platform would. A worker that runs beside it updates the learner's
θ within moments ('sextant worker').`,
		Args: argCount(1, 1, "one learner's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags().Changed("theta")
			return finishSession(cmd.Context(), o, args[0])
		},
	}
	cmd.Flags().IntVar(&o.answers, "answers", 20, "how many questions it asks")
	cmd.Flags().Float64Var(&o.theta, "theta", 0, "the ability to answer with; by default the learner's own")
	return cmd
}

// finishedSession is what `sextant demo finish-session` prints.
type finishedSession struct {
	SessionID string `json:"session_id"`
	UserID    string `json:"user_id"`
	Answers   int    `json:"answers"`
	Correct   int    `json:"correct"`
}

func finishSession(ctx context.Context, o finishOptions, user string) error {
	if o.answers < 1 || o.answers > 1000 {
		return usagef("--answers %d is out of range; give 1 to 1000", o.answers)
	}
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, ok, err := s.db.PlatformNote(ctx); err != nil {
		return err
	} else if !ok {
		return configf("the platform in %s is %s", s.about.Database, db.ErrPlatformForeign)
	}
	learner, err := s.db.Learner(ctx, user)
	if errors.Is(err, db.ErrNotFound) {
		return &jobs.UnknownLearnerError{User: user}
	}
	if err != nil {
		return err
	}
	if !o.given && learner.Theta != nil {
		o.theta = *learner.Theta
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	sitter, err := demo.NewSitter(ctx, s.db)
	if err != nil {
		return err
	}
	id, correct, err := sitter.Finish(ctx, r, demo.Sitting{User: user, Answers: o.answers, Theta: o.theta, At: o.app.clock()})
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(finishedSession{SessionID: id, UserID: user, Answers: o.answers, Correct: correct})
	}
	fmt.Fprintf(o.app.out, "%s handed in session %s: %d of %d correct\n", user, id, correct, o.answers)
	return nil
}
