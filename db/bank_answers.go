package db

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AnswerRow is one answer of a stream; its byte slices live until the next.
type AnswerRow struct {
	User, Item, Topic []byte // Topic is nil when there is none
	Correct           bool
	At                time.Time
	InBank            bool // false: it only tells that an answer of the bank was not the first
}

// EachAnswer streams every answer before end of the learners who may have
// answered in [since, end) to the items that a bank has answers to in it,
// learner by learner (bytewise), each learner's in order. Answers outside the
// bank are among them: an answer there may be the learner's first to an item.
func (d *DB) EachAnswer(ctx context.Context, f BankFilter, since, end time.Time, fn func(AnswerRow) error) error {
	inBank, args, err := f.predicate(ctx, d.pool, 3)
	if err != nil {
		return err
	}
	items := ""
	if f != (BankFilter{}) {
		items = ` AND item_id IN (SELECT item_id FROM sextant.answer a WHERE answered_at >= $1 AND answered_at < $2 AND ` + inBank + `)`
	}
	rows, err := d.pool.Query(ctx, `
		SELECT user_id, item_id, topic_id, correct, answered_at, `+inBank+` FROM sextant.answer a
		WHERE answered_at < $2
		  AND user_id IN (SELECT user_id FROM sextant.learner WHERE first_at < $2 AND last_at >= $1)`+items+`
		ORDER BY user_id, answered_at, position, source_key`,
		append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}, since, end}, args...)...)
	if err != nil {
		return classify("read the answers", err)
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues() // Scan would make three strings of every row
		if len(v[3]) != 1 || len(v[4]) != 8 || len(v[5]) != 1 {
			return fmt.Errorf("read the answers: unexpected wire format")
		}
		a := AnswerRow{User: v[0], Item: v[1], Topic: v[2], Correct: v[3][0] == 1, At: wireTime(v[4]), InBank: v[5][0] == 1}
		if err := fn(a); err != nil {
			return err
		}
	}
	return classify("read the answers", rows.Err())
}

// wireTime reads a binary timestamptz: microseconds since 2000-01-01 UTC.
func wireTime(b []byte) time.Time {
	const epoch = 946684800
	us := int64(binary.BigEndian.Uint64(b)) // the wire format is signed
	return time.Unix(epoch, us*1000).UTC()
}
