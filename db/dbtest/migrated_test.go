package dbtest

import "testing"

func TestMigratedIsReadyForUse(t *testing.T) {
	t.Parallel()
	url := Migrated(t)
	if err := Open(t, url).CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Pool(t, url).Exec(t.Context(), "SELECT theta FROM public.mirt_ability, sextant.answer"); err != nil {
		t.Error(err)
	}
}
