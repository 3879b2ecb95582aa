package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

var (
	surnamesKo = []string{"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황"}
	givenKo    = []string{"서연", "민준", "지우", "서준", "하은", "도윤", "지민", "예준", "수아", "시우", "유진", "건우", "채원", "은우", "다은", "지호", "소율", "태윤", "나윤", "현우"}
	surnamesEn = []string{"kim", "lee", "park", "choi", "smith", "garcia", "nguyen", "mueller", "silva", "tanaka", "novak", "rossi"}
	givenEn    = []string{"jiwoo", "minjun", "emma", "liam", "sofia", "lucas", "mia", "noah", "hana", "leo", "olivia", "arjun"}
	// domains are reserved names: no mail can reach anybody.
	domains = []string{"example.com", "example.org", "school.example"}
)

// userID makes learner k's id: any text is one, and platforms prove it. Every
// kind but the UUIDs, which are random, contains k.
func userID(k int, r *rand.Rand) string {
	switch u := r.Float64(); {
	case u < 0.55:
		return formatUUID(randomUUID(r))
	case u < 0.73:
		return fmt.Sprintf("%s.%s%d@%s", pick(r, givenEn), pick(r, surnamesEn), k+1, pick(r, domains))
	case u < 0.85:
		return strconv.Itoa(200_000 + k)
	case u < 0.985:
		return fmt.Sprintf("%s%s-%d", pick(r, surnamesKo), pick(r, givenKo), 1000+k)
	}
	return oddID(k, r)
}

// oddID makes the ids that break careless software.
func oddID(k int, r *rand.Rand) string {
	n := strconv.Itoa(k + 1)
	odd := []string{
		`O'Brien "Bo" ` + n,
		"🦊-" + n,
		" leading and trailing " + n + " ",
		"00" + n,
		`50%_off\` + n,
		"<b>" + n + "</b>&amp;",
		"tab\tand, comma; " + n,
		strings.ToUpper(formatUUID(randomUUID(r))),
	}
	return pick(r, odd)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// randomUUID draws a version 4 UUID.
func randomUUID(r *rand.Rand) (u [16]byte) {
	hi, lo := r.Uint64(), r.Uint64()
	for i := range 8 {
		u[i], u[8+i] = byte(hi>>(8*i)), byte(lo>>(8*i))
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

func formatUUID(u [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:])
}
