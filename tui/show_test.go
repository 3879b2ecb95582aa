package tui

import (
	"flag"
	"os"
	"testing"
)

var show = flag.Bool("show", false, "show the console on the fixed data in this terminal")

// TestShow is for looking: go test ./tui -run TestShow -show
func TestShow(t *testing.T) {
	if !*show {
		t.Skip("only with -show")
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	f := newFixture()
	f.about.Environment, f.about.Colour = "production", ""
	if err := Run(t.Context(), Options{Console: f, In: tty, Out: tty}); err != nil {
		t.Fatal(err)
	}
}
