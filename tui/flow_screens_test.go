package tui

import (
	"testing"

	"sextant/db"
)

// A calibration is refused for drift: from the failed run to its items, to one
// of them, and to the form that forces it.
func TestARefusedCalibrationIsLookedIntoAndForced(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	s.press("2").sees("40 runs").press("j j j").sees("▌ ✗ failed").press("i").sees("14 of 40 items drifted against the anchors").press("tab").sees("b now against b before").press("tab")
	s.press("enter").sees("Calibrations 20").press("esc").sees("14 of 40 items")
	s.press("R").sees("run mirt-calibrate").sees("2025-11-21").sees("[yes]").press("enter").sees("would run mirt-calibrate")
	s.press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.launched) != 1 {
		t.Fatalf("launched %+v", f.launched)
	}
	q := f.launched[0]
	if q.Stage != "mirt-calibrate" || !q.Force || q.Date == nil || *q.Date != *day("2025-11-21") || q.Trigger != db.TriggerConsole {
		t.Errorf("launched %+v", q)
	}
}

func TestItemsAreFoundSortedAndOpened(t *testing.T) {
	s := begin(t, newFixture())
	s.press("4").sees("90 items").press("/").typed("flagged").sees("3 of 90 items").press("enter").press("esc").sees("90 items").loses("3 of 90")
	s.press("/").typed("drift").sees("1 of 90 items").sees("▌ 105").press("enter enter").sees("item 105").press("esc esc").sees("90 items").loses("1 of 90")
	s.press("tab").sees("Learners and items").sees("Precision").press("tab").sees("Drift").press("tab").sees("FLAGS")
	s.press("b").sees("subject:3").press("down enter").sees("12 items").press("y").sees("copied: sextant items list --bank subject:3")
	s.press(":").typed("item 103").press("enter").sees("다음 확률을").press("y").sees("copied: sextant items show 103")
}

func TestWhyLeadsFromALearnerToAnItem(t *testing.T) {
	s := begin(t, newFixture())
	s.press("3").sees("김서연").press("enter").sees("average").press("w").sees("why θ").sees("the stored estimate is what these answers give")
	s.press("tab").sees("older than the 180 days").press("tab").press("t").sees("overall").press("down enter").sees("why algebra").sees("by 4 right")
	s.press("y").sees("copied: sextant theta why 김서연 --topic algebra").press("enter").sees("Calibrations 20").press("esc").sees("why algebra")
	s.press(":").typed("why 00017").press("enter").sees("no θ of learner")
}

func TestQuarantineShowsWhatIsAside(t *testing.T) {
	s := begin(t, newFixture())
	s.press("6").sees("1,873 rows or answers are set aside").sees("grade the session again").press("j").sees("question_id is no whole number")
	s.press("enter").sees("24 rows, 612 open").press("enter").sees(`"topic": "확률과 통계"`).press("esc").press("r").press("y").sees("copied: sextant quarantine show bad_item --resolved")
}

func TestWorkersLeadToTheirRuns(t *testing.T) {
	s := begin(t, newFixture())
	s.press("7").sees("2 workers alive").sees("the oldest for 4 m").press("enter").sees("mirt-calibrate 019abf00").press("esc")
	s.press("j").sees("▌ 서버-3/911").press("enter").sees("it is at no run").press("tab tab").press("j enter").sees("What is free in the calibration")
}

func TestReportsAreFoundOpenedAndMadeAgain(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	s.press("5").sees("24 reports").press("/").typed("김 pdf").sees("4 reports").press("enter").press("w").sees("all weeks").press("down enter").sees("2 reports").sees("week of 2025-11-10")
	s.press("y").sees("copied: sextant report list 김 --format pdf --week 2025-11-10").press("enter").sees("no browser here").sees("copied: https://reports").press("esc")
	s.press("R").sees("would run generate-weekly-report").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.launched) != 1 || f.launched[0].Users[0] != "김서연" || f.launched[0].Options["week"] != "2025-11-10" || !f.launched[0].Force {
		t.Errorf("launched %+v", f.launched)
	}
}

// Nothing has been calibrated, answered or started yet: every screen says so in
// words.
func TestEmptyScreensSpeak(t *testing.T) {
	f := newFixture()
	f.uncalibrated = true
	s := begin(t, f)
	s.press("4").sees("No calibration yet").press("tab tab").sees("there is no calibration to draw").press("b").sees("subject:3").press("esc")
	s.press("6").sees("nothing is in quarantine").press("7").sees("no worker has been heard of")
}
