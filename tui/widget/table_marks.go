package widget

import (
	"maps"
	"slices"
)

// ToggleMark marks or unmarks the row under the cursor and moves on.
func (t *Table) ToggleMark() {
	id := t.CurrentID()
	if id == "" {
		return
	}
	if t.marked[id] {
		delete(t.marked, id)
	} else {
		t.mark(id)
	}
	t.Move(1)
}

// MarkRange marks the rows from the nearest marked one above the cursor, or else
// below it, up to the cursor; with none marked, the row under the cursor.
func (t *Table) MarkRange() {
	if t.CurrentID() == "" {
		return
	}
	from := t.cursor
	for n := 1; n < len(t.shown); n++ {
		if i := t.cursor - n; i >= 0 && t.marked[t.rows[t.shown[i]].ID] {
			from = i
			break
		}
		if i := t.cursor + n; i < len(t.shown) && t.marked[t.rows[t.shown[i]].ID] {
			from = i
			break
		}
	}
	for i := min(from, t.cursor); i <= max(from, t.cursor); i++ {
		t.mark(t.rows[t.shown[i]].ID)
	}
}

// MarkAll marks every row shown or, when all are, none.
func (t *Table) MarkAll() {
	all := true
	for _, i := range t.shown {
		all = all && t.marked[t.rows[i].ID]
	}
	for _, i := range t.shown {
		if all {
			delete(t.marked, t.rows[i].ID)
		} else {
			t.mark(t.rows[i].ID)
		}
	}
}

func (t *Table) mark(id string) {
	if t.marked == nil {
		t.marked = map[string]bool{}
	}
	t.marked[id] = true
}

// ClearMarks unmarks every row.
func (t *Table) ClearMarks() { clear(t.marked) }

// Marked lists the marked rows that are still there and shown, in order.
func (t *Table) Marked() []string {
	if len(t.marked) == 0 { // as nearly always, and asked several times a key
		return nil
	}
	var ids []string
	for _, i := range t.shown {
		if id := t.rows[i].ID; t.marked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// MarkedEver lists all that was marked, whether it is still shown or not, in the
// order of the ids.
func (t *Table) MarkedEver() []string { return slices.Sorted(maps.Keys(t.marked)) }
