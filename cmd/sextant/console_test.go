package main

import "testing"

func TestConsoleFollowsTheEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env              map[string]string
		flag, configured string
		lang, state      string
		ascii            bool
	}{
		"nothing set":          {lang: "en"},
		"Korean locale":        {env: map[string]string{"LANG": "ko_KR.UTF-8", "HOME": "/home/kim"}, lang: "ko", state: "/home/kim/.local/state/sextant/console.json"},
		"the config before it": {env: map[string]string{"LANG": "ko_KR.UTF-8"}, configured: "en", lang: "en"},
		"the flag before both": {env: map[string]string{"LANG": "en_US.UTF-8", "XDG_STATE_HOME": "/s", "HOME": "/h"}, configured: "en", flag: "ko", lang: "ko", state: "/s/sextant/console.json"},
		"no UTF-8":             {env: map[string]string{"LC_ALL": "ko_KR.EUC-KR", "LANG": "ko_KR.UTF-8"}, lang: "ko", ascii: true},
		"POSIX":                {env: map[string]string{"LC_CTYPE": "POSIX", "LANG": "en_US.UTF-8"}, lang: "en", ascii: true},
		"C.utf8":               {env: map[string]string{"LANG": "C.utf8"}, lang: "en"},
	} {
		a := &app{getenv: func(name string) string { return c.env[name] }, lang: c.flag}
		words, err := a.language(c.configured)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if words.Name() != c.lang || a.stateFile() != c.state || a.plainLocale() != c.ascii {
			t.Errorf("%s: speaks %s, keeps %q, ASCII %v; want %s, %q, %v", name, words.Name(), a.stateFile(), a.plainLocale(), c.lang, c.state, c.ascii)
		}
	}
	if _, err := (&app{lang: "tlh", getenv: func(string) string { return "" }}).language(""); exitCode(err) != exitUsage {
		t.Errorf("an unknown language ends with %v", err)
	}
}
