-- +goose Up
-- The console lists learners by ability, by its standard error and by churn risk,
-- a page at a time out of millions: each order wants an index. They stand on the
-- published tables, which their writers fill set by set, rather than on
-- sextant.learner, whose trigrams make every change of a row dear. A table that is
-- somebody else's is left as it is: its order is then found by a scan.
-- +goose StatementBegin
DO $$
DECLARE
    wanted text[] := ARRAY[
        'CREATE INDEX mirt_ability_theta ON public.mirt_ability (version, theta)',
        'CREATE INDEX mirt_ability_se ON public.mirt_ability (version, se)',
        'CREATE INDEX weekly_kpi_risk ON public.weekly_kpi (week_start, (sextant.read_number(kpis -> ''S'')))'];
    one text;
BEGIN
    FOREACH one IN ARRAY wanted LOOP
        -- IF NOT EXISTS would wait for the table's lock before it looks.
        CONTINUE WHEN to_regclass('public.' || split_part(one, ' ', 3)) IS NOT NULL;
        BEGIN
            EXECUTE one;
        EXCEPTION WHEN insufficient_privilege OR wrong_object_type OR datatype_mismatch OR undefined_function OR invalid_object_definition THEN
            RAISE NOTICE 'left out: % (%)', one, SQLERRM;
        END;
    END LOOP;
END $$;
-- +goose StatementEnd

-- The ledger is listed by who ran what, and by how it ended.
CREATE INDEX run_actor ON sextant.run (actor, created_at DESC);
CREATE INDEX run_status ON sextant.run (status, created_at DESC);

-- +goose Down
DROP INDEX sextant.run_status, sextant.run_actor;
DROP INDEX IF EXISTS public.weekly_kpi_risk, public.mirt_ability_se, public.mirt_ability_theta;
