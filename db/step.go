package db

import "context"

// step is one of several statements: what it does, its text and arguments, and
// where its count of rows goes.
type step struct {
	what  string
	sql   string
	args  []any
	count *int64
}

// run runs statements one after the other.
func (tx *Tx) run(ctx context.Context, steps []step) error {
	for _, s := range steps {
		tag, err := tx.tx.Exec(ctx, s.sql, s.args...)
		if err != nil {
			return classify(s.what, err)
		}
		if s.count != nil {
			*s.count += tag.RowsAffected()
		}
	}
	return nil
}
