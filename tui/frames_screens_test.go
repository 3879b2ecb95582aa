package tui

import (
	"fmt"
	"testing"

	charm "github.com/charmbracelet/x/exp/golden"
)

// bankScenes are the frames of the screens about items, pulls, quarantine and
// workers.
var bankScenes = []scene{
	{"items", func(d *driver) { d.keys("4") }},
	{"items-filter", func(d *driver) { d.keys("4 /").typed("flagged") }},
	{"items-map", func(d *driver) { d.keys("4 tab") }},
	{"items-charts", func(d *driver) { d.keys("4 tab tab") }},
	{"items-drift", func(d *driver) { d.keys("4 tab tab tab") }},
	{"items-banks", func(d *driver) { d.keys("4 b") }},
	{"items-own-bank", func(d *driver) { d.keys("4 b down enter tab") }},
	{"items-none", func(d *driver) { uncalibrate(d); d.keys("4") }},
	{"item", func(d *driver) { d.keys("4 j j enter") }},
	{"item-history", func(d *driver) { d.keys("4 enter tab tab tab j j j") }},
	{"item-b", func(d *driver) { d.keys("4 enter tab tab") }},
	{"item-describe", func(d *driver) { d.keys("4 enter d") }},
	{"item-set-aside", func(d *driver) { d.keys("4 /").typed("문항").keys("enter enter") }},
	{"item-unknown", func(d *driver) { d.keys(":").typed("item 999").keys("enter") }},
	{"refusal", func(d *driver) { d.keys("4 r") }},
	{"refusal-residual", func(d *driver) { d.app.console.(*fixture).residual = true; d.keys("4 r") }},
	{"refusal-plot", func(d *driver) { d.keys("4 r tab") }},
	{"refusal-force", func(d *driver) { d.keys("4 r R") }},
	{"why", func(d *driver) { d.keys(":").typed("why 김서연").keys("enter") }},
	{"why-left-out", func(d *driver) { d.keys(":").typed("why 김서연").keys("enter tab") }},
	{"why-topic", func(d *driver) { d.keys(":").typed("why 김서연").keys("enter t down down enter") }},
	{"why-topics", func(d *driver) { d.keys(":").typed("why 김서연").keys("enter t") }},
	{"why-describe", func(d *driver) { d.keys(":").typed("why 김서연").keys("enter d") }},
	{"why-nothing", func(d *driver) { d.keys(":").typed("why 00017").keys("enter") }},
	{"reports", func(d *driver) { d.keys("5 space j space") }},
	{"reports-search", func(d *driver) { d.keys("5 /").typed("김 teacher pdf") }},
	{"reports-weeks", func(d *driver) { d.keys("5 w") }},
	{"reports-open", func(d *driver) { d.keys("5 enter") }},
	{"reports-again", func(d *driver) { d.keys("5 R") }},
	{"quarantine", func(d *driver) { d.keys("6") }},
	{"quarantine-none", func(d *driver) { uncalibrate(d); d.keys("6") }},
	{"quarantine-samples", func(d *driver) { d.keys("6 enter j j") }},
	{"quarantine-raw", func(d *driver) { d.keys("6 enter enter") }},
	{"workers", func(d *driver) { d.keys("7") }},
	{"workers-running", func(d *driver) { d.keys("7 tab") }},
	{"workers-queue", func(d *driver) { d.keys("7 tab tab") }},
	{"workers-describe", func(d *driver) { d.keys("7 d") }},
	{"workers-none", func(d *driver) { uncalibrate(d); d.keys("7") }},
}

func init() { scenes = append(scenes, bankScenes...) }

// uncalibrate takes the fixture back to before the first calibration.
func uncalibrate(d *driver) { d.app.console.(*fixture).uncalibrated = true }

// TestKoreanFrames compares every screen in Korean.
func TestKoreanFrames(t *testing.T) {
	for _, s := range scenes {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%d", s.name, size.w), func(t *testing.T) {
				t.Parallel()
				d := drive(t, newFixture(), size.w, size.h, Options{NoColor: true, Lang: inKorean()})
				s.steps(d)
				charm.RequireEqual(t, plainText(d.frame()))
			})
		}
	}
}
