package jobs

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// ParamSpec describes one parameter of a stage. It is read from the tags of
// the stage's parameter struct, so that flags, forms, environment variables and
// the ledger all speak of the same thing:
//
//	Lookback int `param:"lookback-days" env:"AGG_LOOKBACK_DAYS" default:"7" min:"1" max:"36500" help:"…"`
type ParamSpec struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // int, bool, float or string
	Env     string   `json:"env,omitempty"`
	Default string   `json:"default"`
	Min     string   `json:"min,omitempty"`
	Max     string   `json:"max,omitempty"`
	Choices []string `json:"choices,omitempty"`
	Empty   string   `json:"empty,omitempty"` // what an empty value means, where it means something
	Help    string   `json:"help"`

	along []string // variables that a choice speaks of; never secrets
	check string   // what a string is held to; see checks
}

// Specs lists the parameters of a parameter struct (or a pointer to one).
func Specs(params any) []ParamSpec {
	t := reflect.TypeOf(params)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var specs []ParamSpec
	for f := range t.Fields() {
		tag := f.Tag.Get
		s := ParamSpec{Name: tag("param"), Kind: kindName(f.Type.Kind()), Env: tag("env"),
			Default: tag("default"), Min: tag("min"), Max: tag("max"), Empty: tag("empty"), Help: tag("help"), check: tag("check")}
		if c := tag("choices"); c != "" {
			s.Choices = strings.Split(c, ",")
		}
		if v := tag("along"); v != "" {
			s.along = strings.Split(v, ",")
		}
		specs = append(specs, s)
	}
	return specs
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Int:
		return "int"
	case reflect.Bool:
		return "bool"
	case reflect.Float64:
		return "float"
	default:
		return "string"
	}
}

// Check parses a value as the parameter would be, and says in one line what is
// wrong with it.
func (s ParamSpec) Check(value string) error {
	if err := s.CheckValue(value); err != nil {
		return usagef("%s: %s", s.Name, err)
	}
	return nil
}

// CheckValue is Check for who names the parameter in another way.
func (s ParamSpec) CheckValue(value string) error {
	if len(s.Choices) > 0 {
		for _, c := range s.Choices {
			if strings.EqualFold(c, value) {
				return nil
			}
		}
		return usagef("%q is not one of %s", value, strings.Join(s.Choices, ", "))
	}
	var n float64
	var err error
	switch s.Kind {
	case "int":
		var i int
		i, err = strconv.Atoi(value)
		n = float64(i)
	case "float":
		n, err = strconv.ParseFloat(value, 64)
		if err == nil && (n != n || n > 1e300 || n < -1e300) {
			err = fmt.Errorf("not finite")
		}
	case "bool":
		_, err = strconv.ParseBool(value)
		return wrapUsage(err, "%q is not true or false", value)
	default:
		if held := checks[s.check]; held != nil && (value != "" || s.check == checkName) {
			return held(value)
		}
		return nil
	}
	if err != nil {
		return usagef("%q is not a number", value)
	}
	if s.Min != "" {
		if low, _ := strconv.ParseFloat(s.Min, 64); n < low {
			return usagef("%s is below the least, %s", value, s.Min)
		}
	}
	if s.Max != "" {
		if high, _ := strconv.ParseFloat(s.Max, 64); n > high {
			return usagef("%s is above the most, %s", value, s.Max)
		}
	}
	return nil
}

// Same reports whether two values mean the same to the parameter, however they
// are written: 1e-3 is 0.001, and a choice has no case.
func (s ParamSpec) Same(a, b string) bool {
	switch s.Kind {
	case "int", "float":
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return a == b || errX == nil && errY == nil && x == y
	case "bool":
		x, errX := strconv.ParseBool(a)
		y, errY := strconv.ParseBool(b)
		return a == b || errX == nil && errY == nil && x == y
	}
	return a == b || len(s.Choices) > 0 && strings.EqualFold(a, b)
}

func wrapUsage(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return usagef(format, args...)
}

// fill sets a parameter struct from, in rising order of precedence, the defaults
// of its tags, those given, the environment and the given options. Unknown names
// among the options are errors.
func fill(params any, defaults map[string]string, getenv func(string) string, options map[string]string) error {
	v := reflect.ValueOf(params).Elem()
	left := map[string]string{}
	for k, val := range options {
		left[k] = val
	}
	for i, s := range Specs(params) {
		value, from := s.Default, ""
		if d, ok := defaults[s.Name]; ok {
			value = d
		}
		if e := getenv(s.Env); s.Env != "" && e != "" {
			value, from = e, " (from "+s.Env+")"
		}
		if o, ok := left[s.Name]; ok {
			value, from = o, ""
			delete(left, s.Name)
		}
		if err := s.Check(value); err != nil {
			return usagef("%s%s", err, from)
		}
		set(v.Field(i), value)
	}
	if len(left) > 0 {
		names := make([]string, 0, len(left))
		for k := range left {
			names = append(names, k)
		}
		sort.Strings(names)
		return usagef("this stage has no parameter %s", strings.Join(names, ", "))
	}
	return nil
}

// set stores a value that Check has accepted.
func set(f reflect.Value, value string) {
	switch f.Kind() {
	case reflect.Int:
		n, _ := strconv.Atoi(value)
		f.SetInt(int64(n))
	case reflect.Float64:
		n, _ := strconv.ParseFloat(value, 64)
		f.SetFloat(n)
	case reflect.Bool:
		b, _ := strconv.ParseBool(value)
		f.SetBool(b)
	default:
		f.SetString(value)
	}
}
