package lang

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for want, env := range map[string][]map[string]string{
		"ko": {{"LANG": "ko_KR.UTF-8"}, {"LC_ALL": "ko", "LANG": "en_US"}, {"LC_MESSAGES": "ko.UTF-8", "LANG": "de_DE"}},
		"en": {{}, {"LANG": "C.UTF-8"}, {"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, {"LANG": "kok_IN"}, {"LANG": "fr_FR"}},
	} {
		for _, e := range env {
			if got := Detect(func(name string) string { return e[name] }); got != want {
				t.Errorf("%v: %s, want %s", e, got, want)
			}
		}
	}
}

func TestKorean(t *testing.T) {
	ko, err := Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{ko.Tr("the database is back"), "데이터베이스에 다시 연결되었습니다"},
		{ko.Tr("%d marked", 3), "3개 표시"},
		{ko.Tr("%s of %s", "2", "7"), "7 중 2"}, // the order is the language's own
		{ko.TrN("%s learner", "%s learners", 12345), "학습자 12,345명"},
		{ko.Tr("no words for this: %d", 3), "no words for this: 3"},
		{(*Catalogue)(nil).TrN("%s learner", "%s learners", 1), "1 learner"},
		{(*Catalogue)(nil).TrN("%s learner", "%s learners", 0), "0 learners"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	for said, want := range map[string]string{
		"2025-03-01 is published":                                            "2025-03-01 게시됨",
		"2025-03-01 was due at 02:00; within grace":                          "2025-03-01 마감 02:00, 유예 시간 안",
		"the last try for 2025-03-01: boom":                                  "2025-03-01의 마지막 시도: boom",
		"features published 2025-03-01 again at 2025-03-02 UTC":              "2025-03-02 UTC에 features 단계가 2025-03-01 자료를 다시 게시함",
		"every finished session has its θ":                                   "끝난 모든 세션의 θ를 추정했습니다",
		"published 2026-03-29 02:10 UTC":                                     "게시됨 2026-03-29 02:10 UTC",
		"the stage is switched off in the config file; only --force runs it": "단계 상태: 설정 파일에서 꺼져 있음. --force로만 실행됩니다",
		`"soon" is neither a day, as 2026-03-29, nor an age, as 7d or 12h`:   `날짜(2026-03-29)도 기간(7d, 12h)도 아닙니다: "soon"`,
		"connection refused":                                                 "connection refused",
	} {
		if got := ko.Told(said); got != want {
			t.Errorf("%q is told as %q, want %q", said, got, want)
		}
	}
	if _, err := Load("tlh"); err == nil || err.Error() != `there is no language "tlh": it must be one of en, ko` {
		t.Errorf("loading Klingon: %v", err)
	}
}

// TestKoreanReadsAlike keeps to one style and one word: no particles that show
// both forms, one form of asking, and none of the words that others stand for.
func TestKoreanReadsAlike(t *testing.T) {
	ko, err := Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	for id, tr := range ko.words {
		for _, not := range []string{"이(가)", "을(를)", "은(는)", "과(와)", "와(과)", "(으)로", "(이)", "십시오",
			"보고서", "아이디", "발행", "멈춤", "실행한 사람", "실행 계기", "공백"} {
			if text := tr.GetN(0); strings.Contains(text, not) {
				t.Errorf("%q: %q has %s", id, text, not)
			}
		}
	}
}
