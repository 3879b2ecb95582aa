package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
	"sextant/tui/widget"
)

type thetaWhyOptions struct {
	app         *app
	user, topic string
}

func newThetaWhyCmd(a *app) *cobra.Command {
	o := thetaWhyOptions{app: a}
	cmd := &cobra.Command{
		Use: "why USER", Short: "Explain why a learner's θ is what it is", Args: argCount(1, 1, "the id of one learner"),
		Long: `Works the θ in force out anew, as of the same moment, and shows each answer it rests on with its item's
parameters and its pull: how far it moves θ from the prior's mean. The prior's mean and the pulls add up to θ.
Where the stored θ is another, it says so and why.`,
		Example: "  sextant theta why 1042\n  sextant theta why kim@example.org --topic algebra\n  sextant theta why 1042 --json | jq '.used[] | [.item_id, .pull]'",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user = args[0]
			return whyTheta(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.topic, "topic", "", "the θ of this `topic` instead of the overall one")
	return cmd
}

func whyTheta(ctx context.Context, o thetaWhyOptions) error {
	a := o.app
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := a.service(s).WhyTheta(ctx, o.user, o.topic)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(w)
	}
	a.printWhy(w)
	return nil
}

func (a *app) printWhy(w jobs.ThetaWhy) {
	of := widget.Clean(w.UserID)
	if w.TopicID != nil {
		of += ", topic " + widget.Clean(*w.TopicID)
	}
	fmt.Fprintf(a.out, "%s\n\n", of)
	fmt.Fprintf(a.out, "  θ in force  %s ± %s  %s, scale %s, as of %s UTC\n", number(w.Stored.Theta, 3), numberOf(w.Stored.SE, 3),
		w.Stored.Model, w.Stored.Version, stamp(w.AsOf))
	fmt.Fprintf(a.out, "  from        %s\n", originWords(w))
	fmt.Fprintf(a.out, "  θ anew      %s ± %s", number(w.Theta, 3), number(w.SE, 3))
	if w.Agrees {
		fmt.Fprint(a.out, "  the same\n")
	} else {
		fmt.Fprintf(a.out, "  the stored one differs by %s%s\n", sign(w.Difference), number(w.Difference, 3))
	}
	prior := "the population"
	switch {
	case w.PriorFrom > 0:
		prior = "θ of " + plural(w.PriorFrom, "answer") + " to other topics"
	case w.Calibration == "":
		prior = "a standard normal: nothing is calibrated yet"
	}
	fmt.Fprintf(a.out, "  prior       N(%s, %s²), %s\n", number(w.PriorMean, 3), number(w.PriorSD, 3), prior)
	if w.Calibration != "" {
		fmt.Fprintf(a.out, "  calibration %s\n", w.Calibration)
	}
	fmt.Fprintf(a.out, "  answers     of the %s up to %s UTC\n", plural(w.Lookback, "day"), stamp(w.AsOf))
	for _, n := range w.Notes {
		fmt.Fprintf(a.out, "  note        %s\n", widget.Clean(n))
	}
	a.printPulls(w)
	a.printLeftOut(w.LeftOut)
}

// originWords say where a stored θ comes from.
func originWords(w jobs.ThetaWhy) string {
	o := w.Origin
	words := o.Source
	if words == "" {
		words = "not known"
	}
	if o.Stage != "" {
		words += ", " + o.Stage + " by " + widget.Clean(o.Actor)
	}
	if o.RunID != nil {
		words += ", run " + o.RunID.String()[:shortIDLength]
	}
	if o.Reason != "" {
		words += ": " + widget.Clean(o.Reason)
	}
	return words
}

// printPulls lists the answers with the sum they make.
func (a *app) printPulls(w jobs.ThetaWhy) {
	if len(w.Used) == 0 {
		fmt.Fprintln(a.out, "\nno answer used: θ is the prior's mean")
		return
	}
	fmt.Fprintf(a.out, "\n%s used; EXPECTED is the probability of a correct answer at θ, PULL how far the answer moves θ\n", plural(len(w.Used), "answer"))
	t := table{columns: []column{{title: "ANSWERED"}, {title: "ITEM", grow: true}, {title: "TOPIC", drop: 2}, {title: "CORRECT"},
		{title: "EXPECTED", right: true}, {title: "PULL", right: true}, {title: "A", right: true, drop: 3}, {title: "B", right: true, drop: 3},
		{title: "C", right: true, drop: 3}, {title: "FROM", drop: 1}}}
	sum := 0.0
	for _, u := range w.Used {
		correct := cell{"yes", good}
		if !u.Correct {
			correct = cell{"no", warning}
		}
		sum += u.Pull
		t.add(cell{text: stamp(u.AnsweredAt)}, cell{text: u.ItemID}, cell{text: textOf(u.TopicID)}, correct, cell{text: jobs.Probability(u.Expected, 2)},
			cell{text: sign(u.Pull) + number(u.Pull, 4)}, cell{text: number(u.A, 2)}, cell{text: number(u.B, 2)}, cell{text: number(u.C, 2)}, cell{text: u.From})
	}
	a.printTable(&t, "")
	fmt.Fprintf(a.out, "prior mean %s, pulls %s%s: θ = %s\n", number(w.PriorMean, 4), sign(sum), number(sum, 4), number(w.PriorMean+sum, 4))
}
