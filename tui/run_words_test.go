package tui

import (
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
)

// A filter of runs may be typed as the screen shows things, and in English.
func TestRunFilterTypedInTheLanguage(t *testing.T) {
	th := theme.New(theme.Mode{Lang: inKorean()})
	for typed, want := range map[string]string{
		"실패":              "failed",
		"실행중 kim":         "running kim",
		"상태:실패,끊김":        "status:failed,lost",
		"status:일부실패":     "status:partial",
		"단계:mirt 실행자:박지우": "stage:mirt actor:박지우",
		"트리거:예약,콘솔":       "trigger:schedule,console",
		"trigger:cron":    "trigger:cron",
		"부터:7d 까지:3d":     "since:7d until:3d",
		"호스트:ops1 실행:01":  "host:ops1 run:01",
		"예약":              "예약", // a word to look for: triggers need their name
	} {
		if got := runFilterTyped(th, typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
	if got := runFilterTyped(theme.New(theme.Mode{}), "상태:실패  x"); got != "상태:실패  x" {
		t.Errorf("in English it is read as %q", got)
	}
}

// Every status and trigger can be typed as it is shown.
func TestEveryRunWordCanBeTyped(t *testing.T) {
	th := theme.New(theme.Mode{Lang: inKorean()})
	for _, s := range runStatuses {
		f, err := jobs.ParseRunFilter(runFilterTyped(th, joined(statusWord(th, s))), time.Time{})
		if err != nil || len(f.Statuses) != 1 || f.Statuses[0] != s {
			t.Errorf("%s: typed as %q it gives %v, %v", s, joined(statusWord(th, s)), f.Statuses, err)
		}
	}
	for _, tr := range runTriggers {
		f, err := jobs.ParseRunFilter(runFilterTyped(th, "트리거:"+joined(triggerWord(th, tr))), time.Time{})
		if err != nil || len(f.Triggers) != 1 || f.Triggers[0] != tr {
			t.Errorf("%s: it gives %v, %v", tr, f.Triggers, err)
		}
	}
	if triggerWord(th, db.Trigger("tide")) != "tide" {
		t.Error("an unknown trigger is not shown as it is")
	}
}

func TestSentencesOfTheJobsInTheLanguage(t *testing.T) {
	th := theme.New(theme.Mode{Lang: inKorean()})
	for english, want := range map[string]string{
		"2025-W47: 12 reports (learner-ko.html) of 1 learner to /srv/reports: 1,200 to make, 0 unchanged": "2025-W47: 리포트 12개(learner-ko.html), 학습자 1명, 저장 위치 /srv/reports. 만들 것 1,200, 그대로인 것 0",
		"to make for kim, lee and 1,200 more":                                  "만들 학습자: kim, lee 외 1,200명",
		"nothing is known of kim":                                              "알려진 것이 없는 학습자: kim",
		"status is one of queued, running":                                     "상태에 쓸 수 있는 값: 대기, 실행 중",
		"older than the one in force":                                          "적용 중인 값보다 오래됨",
		"recent 2025-11-08…2025-11-21: 24 of 36 answers correct, p = 0.666667": "최근 2025-11-08…2025-11-21: 응답 36개 중 정답 24개, p = 0.666667",
		"recent 2025-10-25…2025-11-21: 1 answer to what went wrong in 2025-09-27…2025-10-24, 1 of them correct": "최근 2025-10-25…2025-11-21: 2025-09-27…2025-10-24에 틀린 것을 다시 푼 응답 1개 중 정답 1개",
		"prev 2025-09-27…2025-10-24: median 8000 ms of 12 correct answers with a time":                          "이전 2025-09-27…2025-10-24: 시간이 있는 정답 12개의 중앙값 8000ms",
		"θ of topic 확률: 0.5 ± 0.2 as of 2025-11-21 00:00 UTC":                                                   "주제 확률 θ: 0.5 ± 0.2, 기준 2025-11-21 00:00 UTC",
		"null: a window without answers":                                                                        "값 없음: 응답이 없는 기간이 있음",
	} {
		if got := th.Told(english); got != want {
			t.Errorf("%q is told as %q, want %q", english, got, want)
		}
	}
}

// What is typed on a command line is shown as it is typed there.
func TestParametersAreNamedAsOnTheCommandLine(t *testing.T) {
	d := drive(t, newFixture(), 120, 60, Options{NoColor: true, Lang: inKorean()})
	d.keys("j j R")
	form, ok := d.app.screen().(*launch)
	if !ok {
		t.Fatalf("R opened %T", d.app.screen())
	}
	named := 0
	for _, f := range form.form.Fields {
		if f.Label == f.Name { // a parameter's own
			boolean := len(f.Choices) == 2 && (f.Choices[0] == "no" || f.Choices[0] == "false")
			if named++; !f.Named || f.Valued == boolean {
				t.Errorf("the parameter %s: named %v, valued %v, choices %q", f.Name, f.Named, f.Valued, f.Choices)
			}
		} else if f.Named || f.Valued {
			t.Errorf("the field %s is taken for a parameter", f.Label)
		}
	}
	if named < 3 {
		t.Errorf("%d parameters alone", named)
	}
}
