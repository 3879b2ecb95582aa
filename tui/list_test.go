package tui

import (
	"testing"
)

// Any column is sorted by in a few keys: chosen by its name, or the one beside.
func TestListsAreSortedByAnyColumn(t *testing.T) {
	s := begin(t, newFixture())
	s.press("s").sees("Sort by").typed("next").press("enter").sees("NEXT ↑").press("o").sees("NEXT ↓").press("<").sees("TOOK ↑").press(">").sees("NEXT ↑")
	s.press("s").sees("as they come").press("up up up up up up up up enter").loses("NEXT ↑")
	s.press("3").sees("ACTIVE ↑").press("s").sees("Sort by").loses("as they come").typed("risk").press("enter").sees("RISK ↓").press("<").sees("SE ↓")
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	if n := len(s.f.searched); n == 0 {
		t.Error("the database was not asked for the order")
	}
}

// Every list that filters keeps filters, and says so once there is one.
func TestFiltersAreSavedOnEveryList(t *testing.T) {
	s := begin(t, newFixture())
	s.press("4").sees("90 items").loses("saved filters").press("/").typed("flagged").press("enter").sees("ctrl-s save filter").press("ctrl+s").sees("saved: flagged").press("esc").sees("90 items").loses("3 of 90")
	s.press("f").sees("Saved filters").press("enter").sees("3 of 90 items")
	s.press("6").sees("set aside").press("f").sees("no filter is saved yet").press("esc")
	s.press("5").sees("24 reports").press("/").typed("pdf").press("enter ctrl+s").sees("saved: pdf")
}

// What a filter does not find is not said not to be there.
func TestAFilterThatFindsNothingSaysSo(t *testing.T) {
	s := begin(t, newFixture())
	s.press("2").sees("40 runs").press("/").typed("stage:nosuch").sees("nothing matches stage:nosuch").press("esc").sees("40 runs")
	s.press("/").typed("actr:kim").sees("actr: is none of the names; they are status, stage").press("esc")
	s.press("5").sees("24 reports").press("/").typed("zzzz").sees("nothing matches zzzz").press("esc").sees("24 reports")
	s.press("2").sees("40 runs").press("enter").sees("Log 15").press("/").typed("nosuch").sees("Log 0 of 15").press("esc").sees("Log 15").press("e e").sees("Log 0 of 15").sees("no line is of this level")
}
