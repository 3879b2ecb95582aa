package tui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
)

func TestErrorsAreSaidInTheLanguage(t *testing.T) {
	ko, err := lang.Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	plain, korean := theme.New(theme.Mode{}), theme.New(theme.Mode{Lang: ko})
	run := db.Run{ID: runID(3), Actor: "kim", Host: "db1", StartedAt: at("2025-11-22 22:40:02")}
	lost := &db.Error{Kind: db.KindUnreachable, Op: "list the runs", Err: errors.New("dial tcp: connection refused"), Hint: "check that PostgreSQL runs there and that DATABASE_URL names it"}
	for _, c := range []struct {
		err     error
		want    string // in Korean
		english string // empty: what it says of itself
	}{
		{lost, "데이터베이스에 연결할 수 없습니다: dial tcp: connection refused. 그곳에 PostgreSQL이 실행 중인지, DATABASE_URL이 맞는지 확인하세요", ""},
		{fmt.Errorf("θ of kim: %w", lost), "θ of kim: 데이터베이스에 연결할 수 없습니다: dial tcp: connection refused. 그곳에 PostgreSQL이 실행 중인지, DATABASE_URL이 맞는지 확인하세요", ""},
		{&db.Error{Kind: db.KindNotMigrated, Op: "database db1", Err: errors.New("schema sextant is at version 3, this binary needs 18"), Hint: "run 'sextant db migrate'"},
			"데이터베이스의 스키마가 최신이 아닙니다: sextant 스키마는 버전 3, 이 프로그램에 필요한 버전은 18입니다. 'sextant db migrate'를 실행하세요", ""},
		{&db.Error{Kind: db.KindTransient, Op: "read", Err: errors.New("deadlock detected")}, "데이터베이스에 일시적인 문제가 있습니다: deadlock detected", ""},
		{&db.Error{Kind: db.KindUnreachable, Err: context.DeadlineExceeded}, "제때 답이 없음", noAnswer},
		{jobs.ErrReadOnly, "읽기 전용: 여기서는 아무것도 변경할 수 없습니다", ""},
		{&jobs.UnknownLearnerError{User: "kim"}, `응답이 있는 학습자가 아닙니다: "kim"`, ""},
		{&jobs.NoThetaError{User: "kim", Topic: "확률"}, `"kim", 주제 "확률": 적용 중인 θ 없음. 먼저 다시 계산하세요`, ""},
		{&jobs.NoThetaError{User: "kim"}, `"kim": 적용 중인 θ 없음. 먼저 다시 계산하세요`, ""},
		{&jobs.UnknownItemError{Item: "7", Bank: "topic:확률"}, `문항은행 "topic:확률"의 보정에 없는 문항입니다: "7"`, ""},
		{&jobs.UnknownItemError{Item: "7"}, `어느 보정에도 없는 문항입니다: "7"`, ""},
		{&jobs.LockedError{Stage: "mirt-calibrate"}, "mirt-calibrate: 다른 세션이 잠갔습니다", ""},
		{&jobs.LockedError{Stage: "mirt-calibrate", Holder: &run}, "mirt-calibrate: 이미 실행 중입니다(실행자 kim, 호스트 db1). :run " + shortID(run.ID) + " 명령으로 볼 수 있습니다", ""},
		{&jobs.PausedError{Stage: "mirt-calibrate", Why: "switched off in the config file"}, "mirt-calibrate: 실행하지 않습니다. 설정 파일에서 꺼져 있음", ""},
		{fmt.Errorf("keep: %w", &fs.PathError{Op: "open", Path: "/srv/console.json", Err: syscall.EACCES}), "/srv/console.json: 권한이 없습니다", ""},
		{&os.LinkError{Op: "rename", Old: "/srv/a", New: "/srv/b", Err: syscall.ENOSPC}, "/srv/b: 장치에 남은 공간이 없습니다", ""},
		{&fs.PathError{Op: "open", Path: "/srv/x", Err: syscall.EIO}, "/srv/x: input/output error", ""},
		{errors.Join(errors.New("one"), errors.New("two")), "one; two", "one; two"},
	} {
		if got := errorWords(korean, c.err); got != c.want {
			t.Errorf("%T: %q, want %q", c.err, got, c.want)
		}
		if c.english == "" {
			c.english = c.err.Error()
		}
		if got := errorWords(plain, c.err); got != c.english {
			t.Errorf("%T: %q, want %q", c.err, got, c.english)
		}
	}
	said := map[string]db.Kind{}
	for k := db.KindOther; k <= db.KindDiskFull; k++ {
		text := faultKind(korean, k)
		if other, twice := said[text]; twice || !strings.Contains(text, "다") {
			t.Errorf("kind %d is said as %q, as kind %d is", k, text, other)
		}
		said[text] = k
	}
}

// A database that goes away is told of in the operator's language, in the
// banner and on a screen that has nothing to show yet.
func TestALostDatabaseIsToldOfInTheLanguage(t *testing.T) {
	ko, err := lang.Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture()
	d := drive(t, f, 120, 36, Options{Background: Dark, Lang: ko})
	f.set(func() {
		f.fail = &db.Error{Kind: db.KindUnreachable, Op: "list the runs", Err: errors.New("connection refused"), Hint: "check that PostgreSQL runs there and that DATABASE_URL names it"}
	})
	d.keys("2")
	if got := ansi.Strip(d.frame()); !strings.Contains(got, "데이터베이스 끊김") || !strings.Contains(got, "데이터베이스에 연결할 수 없습니다: connection refused") || strings.Contains(got, "list the runs") {
		t.Errorf("the banner of\n%s", got)
	}
	f.set(func() {
		f.fail = &db.Error{Kind: db.KindPrivilege, Op: "list the learners", Err: errors.New("permission denied")}
	})
	d.keys("3")
	if got := ansi.Strip(d.frame()); !strings.Contains(got, "역할에 권한이 없습니다: permission denied") {
		t.Errorf("the screen is\n%s", got)
	}
}
