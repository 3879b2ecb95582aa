package main

import (
	"github.com/spf13/cobra"

	"sextant/jobs"
)

// completeStages offers the names of the stages.
func completeStages(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return stageNames(jobs.Stages()), cobra.ShellCompDirectiveNoFileComp
}

// knownStage checks a stage's name where an empty one means all.
func knownStage(name string) error {
	if name == "" {
		return nil
	}
	_, err := jobs.Stages().Find(name)
	return err
}
