package jobs

import "strings"

// commands are the words of the command line for what 'sextant run' does not run.
var commands = map[string][]string{
	updateTheta:   {"theta", "recompute"},
	restoreTheta:  {"theta", "restore"},
	forgetLearner: {"learner", "forget"},
	pruneAct:      {"prune"},
	pruneReports:  {"report", "prune"},
}

// nameLearners asks for the learners that a request is without.
func nameLearners(stage string) error {
	return usagef("name the learners: sextant %s USER…", strings.Join(commands[stage], " "))
}

// Remedy is the command that makes up for what a stage has missed.
func Remedy(stage string) string {
	if stage == updateTheta {
		return "sextant worker" // it knows whose sessions wait; a run has to be told
	}
	return "sextant run " + stage
}

// acts are what operators do beside the pipeline, through the same runner: lock,
// ledger, outcome. They publish no data day, so no list of stages has them.
func acts() []Stage { return []Stage{RestoreTheta{}, ForgetLearner{}, Prune{}, PruneReports{}} }

// find gives the stage or act of that name.
func (r *Registry) find(name string) (Stage, error) {
	for _, a := range acts() {
		if a.Info().Name == name {
			return a, nil
		}
	}
	return r.Find(name)
}
