package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sextant/db"
)

// unknown stands where a number should and there is none.
const unknown = "–"

// Number writes x with so many decimals: a true minus sign, and no minus before
// a zero. What is no number is a dash.
func (l Language) Number(x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return unknown
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// Signed is Number with a plus before what is above zero.
func (l Language) Signed(x float64, decimals int) string {
	s := l.Number(x, decimals)
	if x > 0 && s != unknown && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// Percent writes a share as a whole percentage.
func (l Language) Percent(share float64) string {
	s := l.Number(share*100, 0)
	if s == unknown {
		return s
	}
	return s + "%"
}

// Chance writes a probability as a whole percentage, but never as certain.
func (l Language) Chance(p float64) string {
	rare, sure := "under 1%", "over 99%"
	if l == Korean {
		rare, sure = "1% 미만", "99% 초과"
	}
	switch {
	case p < 0.005:
		return rare
	case p >= 0.995:
		return sure
	}
	return l.Percent(p)
}

// PlusMinus writes an estimate and its standard error; a dash where either is
// not known.
func (l Language) PlusMinus(x, se *float64) string {
	if x == nil || se == nil || l.Number(*x, 2) == unknown || l.Number(*se, 2) == unknown {
		return unknown
	}
	return l.Number(*x, 2) + "\u00a0±\u00a0" + l.Number(*se, 2) // never parted by the end of a line
}

// Count writes a whole number with its thousands parted.
func (l Language) Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ShortDate is a day without its year, as 11/16 or 16 Nov.
func (l Language) ShortDate(d db.Day) string {
	if l == Korean {
		return d.Start().Format("1/2")
	}
	return d.Start().Format("2 Jan")
}

// Date is a day in full.
func (l Language) Date(d db.Day) string {
	if l == Korean {
		return d.Start().Format("2006년 1월 2일")
	}
	return d.Start().Format("2 January 2006")
}

// Period is a range of days.
func (l Language) Period(from, to db.Day) string {
	a, b := from.Start(), to.Start()
	sameYear, sameMonth := a.Year() == b.Year(), a.Year() == b.Year() && a.Month() == b.Month()
	if l == Korean {
		switch {
		case sameMonth:
			return a.Format("2006년 1월 2일") + " – " + b.Format("2일")
		case sameYear:
			return a.Format("2006년 1월 2일") + " – " + b.Format("1월 2일")
		}
		return l.Date(from) + " – " + l.Date(to)
	}
	switch {
	case sameMonth:
		return a.Format("2") + " – " + l.Date(to)
	case sameYear:
		return a.Format("2 January") + " – " + l.Date(to)
	}
	return l.Date(from) + " – " + l.Date(to)
}

var koreanDays = [...]string{"일", "월", "화", "수", "목", "금", "토"}

// Weekday is a day's short name.
func (l Language) Weekday(d db.Day) string {
	day := d.Start().Weekday()
	if l == Korean {
		return koreanDays[day]
	}
	return day.String()[:3]
}

// Moment is a time in full, in UTC.
func (l Language) Moment(t time.Time) string {
	return fmt.Sprintf("%s %s UTC", l.Date(db.DayOf(t)), t.UTC().Format("15:04"))
}
