package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scheduleWords puts a cron line in words; one too intricate for words stays
// as it is.
func scheduleWords(cron string) string {
	if cron == "" {
		return "on events, as sessions end"
	}
	asIs := "cron " + cron + " (UTC)"
	f := strings.Fields(cron)
	if len(f) != 5 || f[3] != "*" {
		return asIs
	}
	if n, ok := strings.CutPrefix(f[0], "*/"); ok && f[1] == "*" && f[2] == "*" && f[4] == "*" {
		return "every " + n + " minutes"
	}
	minute, err1 := strconv.Atoi(f[0])
	hour, err2 := strconv.Atoi(f[1])
	if f[1] == "*" && err1 == nil && f[2] == "*" && f[4] == "*" {
		return fmt.Sprintf("every hour at :%02d", minute)
	}
	if err1 != nil || err2 != nil {
		return asIs
	}
	at := fmt.Sprintf("at %02d:%02d UTC", hour, minute)
	switch day, err := strconv.Atoi(f[4]); {
	case f[2] == "*" && f[4] == "*":
		return "every day " + at
	case f[2] == "*" && err == nil && day >= 0 && day <= 7:
		return "every " + time.Weekday(day%7).String() + " " + at
	}
	if day, err := strconv.Atoi(f[2]); err == nil && f[4] == "*" {
		return fmt.Sprintf("on day %d of every month %s", day, at)
	}
	return asIs
}
