package tui

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"sextant/db"
	"sextant/jobs"
)

const diskFull = "publish the KPIs of 2025-11-21: could not extend file: No space left on device; free space on the database server and run again; nothing was half-written"

func (f *fixture) addRuns() {
	r := f.add("mirt-calibrate", db.RunRunning, "2025-11-22 22:57:21", 0, db.TriggerConsole, "kim", "drift after the new bank", day("2025-11-21"), day("2025-11-21"))
	r.UnitsDone, r.UnitsTotal, r.RowsWritten, r.HeartbeatAt = 13, 30, 0, at("2025-11-22 22:58:00")
	r = f.add("update-theta", db.RunPartial, "2025-11-22 22:40:02", 900*time.Millisecond, db.TriggerEvent, "worker", "", nil, nil)
	r.UnitsDone, r.UnitsTotal = 47, 50
	f.add("update-theta", db.RunSucceeded, "2025-11-22 09:14:10", 700*time.Millisecond, db.TriggerConsole, "kim", "asked by their teacher", nil, nil)
	r = f.add("mirt-calibrate", db.RunFailed, "2025-11-22 03:00:00", 95*time.Second, db.TriggerCron, "sextant", "", day("2025-11-21"), day("2025-11-21"))
	r.UnitsDone, r.RowsWritten = 0, 0
	r.Error = ptr("calibration refused: 14 of 400 items drifted by more than 0.50 in b; look at the items, then run with --force")
	r = f.add("compute-daily-kpis", db.RunFailed, "2025-11-22 02:10:00", 3*time.Second, db.TriggerCron, "sextant", "", day("2025-11-21"), day("2025-11-21"))
	r.UnitsDone, r.RowsWritten, r.Error = 0, 0, ptr(diskFull)
	f.add("aggregate-features-daily", db.RunSucceeded, "2025-11-22 01:15:00", 12*time.Second, db.TriggerCron, "sextant", "", day("2025-11-21"), day("2025-11-21"))
	f.addNights()
	for _, r := range f.runs {
		f.details[r.ID] = jobs.RunDetail{Run: r, Events: fixtureLog(r), Command: "sextant run " + r.Stage + " --date 2025-11-21"}
	}
	d := f.details[f.runs[1].ID]
	d.Failures = []db.RunFailure{
		{Kind: "learner", Subject: "김서연", Error: "no parameters for any of 12 answers", At: *at("2025-11-22 22:40:02")},
		{Kind: "learner", Subject: "b3f0c7d2-1f5e-4f3a-9a55-2f0b9c1d7e11", Error: "the newest answer is older than the one in force", At: *at("2025-11-22 22:40:02")},
	}
	f.details[f.runs[1].ID] = d
}

// add adds a run that is older than those there are.
func (f *fixture) add(stage string, status db.RunStatus, started string, took time.Duration, trigger db.Trigger, actor, reason string, from, to *db.Day) *db.Run {
	start := at(started)
	r := db.Run{ID: runID(len(f.runs)), Stage: stage, Status: status, Trigger: trigger, Actor: actor, Reason: reason, Host: "ops1", PID: ptr(4242),
		Version: "0.1.0", CreatedAt: *start, StartedAt: start, WindowFrom: from, WindowTo: to, UnitsDone: 1, UnitsTotal: 1,
		RowsRead: 201443, RowsWritten: 1204, Params: json.RawMessage(`{"lookback-days":7,"date":true}`)}
	if status.Final() {
		end := start.Add(took)
		r.FinishedAt = &end
	}
	f.runs = append(f.runs, r)
	return &f.runs[len(f.runs)-1]
}

// addNights adds the nights before the last one, newest first.
func (f *fixture) addNights() {
	for i := range 8 {
		night := db.DayOf(fixedNow).Add(-1 - i)
		last := night.Add(-1)
		cron := func(stage, hour string, seconds int) *db.Run {
			return f.add(stage, db.RunSucceeded, night.String()+" "+hour, time.Duration(seconds)*time.Second, db.TriggerCron, "sextant", "", &last, &last)
		}
		cron("detect-inactivity", "05:00:00", 2+i%2)
		if night.Monday() == night {
			cron("generate-weekly-report", "04:00:00", 412).WindowFrom = ptr(last.Monday())
		}
		calibrated := cron("mirt-calibrate", "03:00:00", 88+7*(i%4))
		if i == 0 {
			calibrated.Status, calibrated.UnitsDone, calibrated.RowsWritten = db.RunLost, 0, 0
		}
		cron("compute-daily-kpis", "02:10:00", 4+i%3)
		features := cron("aggregate-features-daily", "01:15:00", 8+i%3*4)
		if i == 2 {
			features.Status, features.UnitsDone, features.RowsWritten = db.RunLost, 0, 0
			f.add("aggregate-features-daily", db.RunCancelled, "2025-11-18 09:12:40", 4*time.Minute, db.TriggerConsole, "박지우", "수업 데이터 재처리", day("2025-11-01"), day("2025-11-17"))
		}
	}
}

func fixtureLog(r db.Run) []db.RunEvent {
	var out []db.RunEvent
	say := func(level, text, attrs string) {
		out = append(out, db.RunEvent{Seq: int64(len(out) + 1), At: r.StartedAt.Add(time.Duration(len(out)) * 1300 * time.Millisecond), Level: level, Message: text, Attrs: json.RawMessage(attrs)})
	}
	say("info", "answers taken in", `{"sessions":212,"answers":3180,"set_aside":3}`)
	say("warn", "answers set aside", `{"reason":"unknown_item","n":3}`)
	for i := range 13 {
		say("info", "cycle", fmt.Sprintf(`{"cycle":%d,"log_likelihood":%.2f,"change":%.5f}`, i+1, -181204.51+float64(i*i), math.Pow(0.5, float64(i))))
	}
	if r.Error != nil {
		say("error", *r.Error, `{}`)
	}
	return out
}

func (f *fixture) addPipeline() {
	of := func(stage string) (recent []db.Run) {
		for _, r := range f.runs {
			if r.Stage == stage {
				recent = append(recent, r)
			}
		}
		return recent
	}
	status := func(name string, state jobs.State, why string) jobs.StageStatus {
		stage, err := jobs.Stages().Find(name)
		if err != nil {
			panic(err)
		}
		s := jobs.StageStatus{Info: stage.Info(), State: state, Why: why, Recent: of(name)}
		if len(s.Recent) > 0 {
			s.LastRun = &s.Recent[0]
		}
		return s
	}
	scheduled := func(s jobs.StageStatus, data, due, deadline, next string) jobs.StageStatus {
		s.DataDay, s.DueDay, s.Deadline, s.NextTick = day(data), day(due), at(deadline), at(next)
		s.LagDays = ptr(s.DueDay.Sub(*s.DataDay))
		return s
	}
	features := scheduled(status("aggregate-features-daily", jobs.StateFresh, "2025-11-21 is published"),
		"2025-11-21", "2025-11-21", "2025-11-22 01:15:00", "2025-11-23 01:15:00")
	features.UpstreamNewer = &jobs.UpstreamNewer{Stage: "sync-answers", Day: *day("2025-11-19"), Why: "answers behind 2025-11-19 changed since it was published"}
	kpis := scheduled(status("compute-daily-kpis", jobs.StateFailed, "the last try for 2025-11-21: "+diskFull),
		"2025-11-20", "2025-11-21", "2025-11-22 02:10:00", "2025-11-23 02:10:00")
	calibrate := scheduled(status("mirt-calibrate", jobs.StateRunning, "run by kim on ops1"),
		"2025-11-19", "2025-11-21", "2025-11-22 03:00:00", "2025-11-23 03:00:00")
	report := scheduled(status("generate-weekly-report", jobs.StatePaused, "paused by 박지우 since 2025-11-21 09:30 UTC: new texts for parents"),
		"2025-11-16", "2025-11-16", "2025-11-17 04:00:00", "2025-11-24 04:00:00")
	report.Pause = &db.Pause{Stage: report.Name, Actor: "박지우", Reason: "new texts for parents", At: *at("2025-11-21 09:30:00")}
	quiet := scheduled(status("detect-inactivity", jobs.StateLate, "2025-11-21 was due at 2025-11-22 05:00"),
		"2025-11-20", "2025-11-21", "2025-11-22 05:00:00", "2025-11-23 05:00:00")
	theta := status("update-theta", jobs.StateDue, "a session has waited for its θ since 22:40 UTC")
	f.pipeline = jobs.Pipeline{At: fixedNow, Source: "exam_results", Answers: 312481, SyncAt: at("2025-11-22 22:57:49"),
		Stages: []jobs.StageStatus{features, kpis, calibrate, report, quiet, theta}}
}
