-- +goose Up
-- Sextant finds the rows of the published tables by the contract's keys: each
-- gets a unique index where none of the table's own serves. In a transaction of
-- its own, so that no table stays closed to readers while an index is built.

-- +goose StatementBegin
CREATE FUNCTION sextant.ensure_key(tab regclass, cols text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    immediate boolean := (
        SELECT bool_and(i.indimmediate) FROM pg_index i
        WHERE i.indrelid = tab AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND i.indnkeyatts = cardinality(cols)
          AND cols @> (SELECT array_agg(a.attname::text) FROM pg_attribute a
                       WHERE a.attrelid = tab AND a.attnum = ANY (i.indkey)));
    which text;
BEGIN
    IF NOT immediate THEN -- ON CONFLICT would stumble over it whatever other index there is
        RAISE 'the key (%) of table % is deferrable; make it NOT DEFERRABLE', array_to_string(cols, ', '), tab;
    ELSIF immediate THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE UNIQUE INDEX ON %s (%s)', tab, (SELECT string_agg(quote_ident(c), ', ') FROM unnest(cols) c));
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS which = PG_EXCEPTION_DETAIL;
    RAISE unique_violation USING
        MESSAGE = format('table %s holds several rows where the contract has one: %s Remove the surplus', tab, which);
END $$;
-- +goose StatementEnd

SELECT sextant.ensure_key('public.features_topic_daily', '{user_id,topic_id,date}');
SELECT sextant.ensure_key('public.weekly_kpi', '{user_id,week_start}');
SELECT sextant.ensure_key('public.mirt_item_params', '{item_id}');
SELECT sextant.ensure_key('public.mirt_ability', '{user_id,version}');
SELECT sextant.ensure_key('public.mirt_fit_meta', '{run_id}');
SELECT sextant.ensure_key('public.student_topic_theta', '{user_id,topic_id}');
SELECT sextant.ensure_key('public.report_artifacts', '{user_id,week_start,format}');

-- A slice is a day: its own stale rows are found by date.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = 'public.features_topic_daily'::regclass AND a.attname = 'date' AND i.indisvalid AND i.indpred IS NULL) THEN
        CREATE INDEX features_topic_daily_date ON public.features_topic_daily (date);
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION sextant.ensure_key(regclass, text[]);
