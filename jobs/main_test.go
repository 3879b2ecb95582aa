package jobs_test

import (
	"os"
	"testing"

	"sextant/db/dbtest"
)

func TestMain(m *testing.M) {
	if stage := os.Getenv("SEXTANT_TEST_CHILD"); stage != "" {
		os.Exit(child(stage)) // this process is one that a test will kill
	}
	os.Exit(dbtest.Main(m))
}
