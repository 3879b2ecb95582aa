package db

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Pseudonym is what the ledger calls a learner who was erased: it tells them
// from others and does not hold their id.
func Pseudonym(userID string) string {
	sum := sha256.Sum256([]byte(userID))
	return "forgotten-" + hex.EncodeToString(sum[:4])
}

// namesOf are the ids a learner may stand under: the platform's own and, where an
// attempt did not lead to it, its student_id.
func namesOf(userID string) []string {
	student, err := uuid.Parse(userID)
	if err != nil {
		student = uuid.UUID(md5.Sum([]byte(userID))) //nolint:gosec // the platform's way to make a student_id
	}
	if student.String() == userID {
		return []string{userID}
	}
	return []string{userID, student.String()}
}

// Redact replaces a learner's id by their pseudonym wherever it stands by itself
// in a text: kim in "kim: no answers", not in kim@example.org or kimchi, nor 12
// in 12:30 or 0.12.
func Redact(text, userID string) string {
	if userID == "" || !strings.Contains(text, userID) {
		return text
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(text[at:], userID)
		if i < 0 {
			b.WriteString(text[at:])
			return b.String()
		}
		i += at
		end := i + len(userID)
		if joined(lastRunes(text[:i])) || joined(firstRunes(text[end:])) {
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[at : i+size])
			at = i + size
			continue
		}
		b.WriteString(text[at:i])
		b.WriteString(Pseudonym(userID))
		at = end
	}
}

// lastRunes and firstRunes are the neighbours of an id, the nearest first.
func lastRunes(s string) (near, far rune) {
	near, size := utf8.DecodeLastRuneInString(s)
	far, _ = utf8.DecodeLastRuneInString(s[:len(s)-size])
	return near, far
}

func firstRunes(s string) (near, far rune) {
	near, size := utf8.DecodeRuneInString(s)
	far, _ = utf8.DecodeRuneInString(s[size:])
	return near, far
}

// joined reports whether an id's neighbours make it a part of a longer word.
func joined(near, far rune) bool {
	word := func(r rune) bool {
		return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
	}
	switch {
	case word(near):
		return true
	case near == ':':
		return unicode.IsDigit(far)
	}
	return strings.ContainsRune("@.+-", near) && word(far)
}

// redactJSON does the same in every string of a JSON document.
func redactJSON(raw json.RawMessage, userID string) (json.RawMessage, error) {
	if len(raw) == 0 {
		return raw, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read a ledger entry: %w", err)
	}
	changed := false
	doc = redactValue(doc, userID, &changed)
	if !changed {
		return raw, nil
	}
	return json.Marshal(doc)
}

func redactValue(v any, userID string, changed *bool) any {
	switch v := v.(type) {
	case string:
		out := Redact(v, userID)
		*changed = *changed || out != v
		return out
	case []any:
		for i := range v {
			v[i] = redactValue(v[i], userID, changed)
		}
	case map[string]any: // keys are ours
		for k, e := range v {
			v[k] = redactValue(e, userID, changed)
		}
	}
	return v
}

// texts are the columns of one of our tables that people's words stand in.
type texts struct{ table, key, text1, text2, json string }

var ledgerTexts = []texts{
	{"run", "id::text", "reason", "error", "params"},
	{"run_event", "run_id::text || ' ' || seq", "message", "NULL", "attrs"},
	{"run_failure", "run_id::text || ' ' || kind || ' ' || subject", "subject", "error", "NULL"},
	{"pause", "id::text", "reason", "resume_reason", "NULL"},
}

// redaction is a row as it will stand.
type redaction struct {
	Key   string          `db:"key"`
	Text1 *string         `db:"text1"`
	Text2 *string         `db:"text2"`
	JSON  json.RawMessage `db:"json"`
}

// redactions reads the rows of a table that name a learner. An id of few letters
// is found in many rows, so they are looked at one by one as they come.
func redactions(ctx context.Context, q querier, t texts, names []string) ([]redaction, error) {
	rows, err := q.Query(ctx, `
		SELECT `+t.key+` AS key, `+t.text1+` AS text1, `+t.text2+`::text AS text2, `+t.json+`::jsonb AS json FROM sextant.`+t.table+`
		WHERE EXISTS (SELECT FROM unnest($1::text[]) n (name) WHERE strpos(concat_ws(' ', `+t.text1+`, `+t.text2+`), name) > 0
			OR strpos(`+t.json+`::jsonb::text, substr(to_jsonb(name)::text, 2, length(to_jsonb(name)::text) - 2)) > 0)`, names)
	if err != nil {
		return nil, classify("read "+t.table, err)
	}
	defer rows.Close()
	var out []redaction
	for rows.Next() {
		var r redaction
		if err := rows.Scan(&r.Key, &r.Text1, &r.Text2, &r.JSON); err != nil {
			return nil, classify("read "+t.table, err)
		}
		before := fmt.Sprint(value(r.Text1), value(r.Text2), string(r.JSON))
		for _, name := range names {
			if err := r.redact(name); err != nil {
				return nil, err
			}
		}
		if fmt.Sprint(value(r.Text1), value(r.Text2), string(r.JSON)) != before {
			out = append(out, r)
		}
	}
	return out, classify("read "+t.table, rows.Err())
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (r *redaction) redact(name string) (err error) {
	for _, s := range []*string{r.Text1, r.Text2} {
		if s != nil {
			*s = Redact(*s, name)
		}
	}
	r.JSON, err = redactJSON(r.JSON, name)
	return err
}

// write puts the redacted rows of a table in place.
func (t texts) write(ctx context.Context, q querier, rows []redaction) error {
	if len(rows) == 0 {
		return nil
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("redact %s: %w", t.table, err)
	}
	set := t.text1 + ` = r."Text1"`
	if t.text2 != "NULL" {
		set += `, ` + t.text2 + ` = r."Text2"`
	}
	if t.json != "NULL" {
		set += `, ` + t.json + ` = r."JSON"`
	}
	_, err = q.Exec(ctx, `UPDATE sextant.`+t.table+` SET `+set+`
		FROM jsonb_to_recordset($1) AS r ("Key" text, "Text1" text, "Text2" text, "JSON" jsonb) WHERE r."Key" = `+t.key, raw)
	return classify("redact "+t.table, err)
}
