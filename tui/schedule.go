package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sextant/tui/lang"
	"sextant/tui/theme"
)

// scheduleWords puts a cron line in words; one too intricate for words stays
// as it is.
func scheduleWords(th *theme.Theme, cron string) string {
	if cron == "" {
		return th.Tr("on events, as sessions end")
	}
	asIs := th.Tr("cron %s (UTC)", cron)
	f := strings.Fields(cron)
	if len(f) != 5 || f[3] != "*" {
		return asIs
	}
	if n, ok := strings.CutPrefix(f[0], "*/"); ok && f[1] == "*" && f[2] == "*" && f[4] == "*" {
		return th.Tr("every %s minutes", n)
	}
	minute, err1 := strconv.Atoi(f[0])
	hour, err2 := strconv.Atoi(f[1])
	if f[1] == "*" && err1 == nil && f[2] == "*" && f[4] == "*" {
		return th.Tr("every hour at :%02d", minute)
	}
	if err1 != nil || err2 != nil {
		return asIs
	}
	at := fmt.Sprintf("%02d:%02d", hour, minute)
	switch day, err := strconv.Atoi(f[4]); {
	case f[2] == "*" && f[4] == "*":
		return th.Tr("every day at %s UTC", at)
	case f[2] == "*" && err == nil && day >= 0 && day <= 7:
		return th.Tr("every %s at %s UTC", weekday(th, time.Weekday(day%7)), at)
	}
	if day, err := strconv.Atoi(f[2]); err == nil && f[4] == "*" {
		return th.Tr("on day %d of every month at %s UTC", day, at)
	}
	return asIs
}

// weekday is a day of the week in words.
func weekday(th *theme.Theme, d time.Weekday) string {
	switch d {
	case time.Monday:
		return th.Tr("Monday")
	case time.Tuesday:
		return th.Tr("Tuesday")
	case time.Wednesday:
		return th.Tr("Wednesday")
	case time.Thursday:
		return th.Tr("Thursday")
	case time.Friday:
		return th.Tr("Friday")
	case time.Saturday:
		return th.Tr("Saturday")
	}
	return th.Tr("Sunday")
}

// shortWeekday is a day of the week beside a date.
func shortWeekday(th *theme.Theme, d time.Weekday) string {
	return th.Tr([...]string{lang.Sense("clock", "Sun"), lang.Sense("clock", "Mon"), lang.Sense("clock", "Tue"), lang.Sense("clock", "Wed"),
		lang.Sense("clock", "Thu"), lang.Sense("clock", "Fri"), lang.Sense("clock", "Sat")}[d])
}
