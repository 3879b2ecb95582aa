-- +goose Up
-- The published tables, which dashboards read: each is created when it is missing
-- and given the columns it lacks; nothing of it is ever dropped or retyped.
-- Sextant finds its rows by the contract's keys, so each key gets a unique index
-- where no index of the table's own serves.

-- +goose StatementBegin
CREATE FUNCTION sextant.ensure_key(tab regclass, cols text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = tab AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND i.indnkeyatts = cardinality(cols)
          AND cols @> (SELECT array_agg(a.attname::text) FROM pg_attribute a
                       WHERE a.attrelid = tab AND a.attnum = ANY (i.indkey))) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE UNIQUE INDEX ON %s (%s)', tab, (SELECT string_agg(quote_ident(c), ', ') FROM unnest(cols) c));
END $$;
-- +goose StatementEnd

CREATE TABLE IF NOT EXISTS public.features_topic_daily (
    user_id        text NOT NULL,
    topic_id       text NOT NULL,
    date           date NOT NULL,
    attempts       integer,
    correct        integer,
    avg_time_ms    integer,
    rt_median      integer,
    hints          integer,
    theta_estimate numeric(6,3),
    theta_sd       numeric(6,3),
    improvement    numeric(6,3),
    last_seen_at   timestamptz,
    computed_at    timestamptz,
    PRIMARY KEY (user_id, topic_id, date)
);
ALTER TABLE public.features_topic_daily
    ADD COLUMN IF NOT EXISTS user_id text,
    ADD COLUMN IF NOT EXISTS topic_id text,
    ADD COLUMN IF NOT EXISTS date date,
    ADD COLUMN IF NOT EXISTS attempts integer,
    ADD COLUMN IF NOT EXISTS correct integer,
    ADD COLUMN IF NOT EXISTS avg_time_ms integer,
    ADD COLUMN IF NOT EXISTS rt_median integer,
    ADD COLUMN IF NOT EXISTS hints integer,
    ADD COLUMN IF NOT EXISTS theta_estimate numeric(6,3),
    ADD COLUMN IF NOT EXISTS theta_sd numeric(6,3),
    ADD COLUMN IF NOT EXISTS improvement numeric(6,3),
    ADD COLUMN IF NOT EXISTS last_seen_at timestamptz,
    ADD COLUMN IF NOT EXISTS computed_at timestamptz;
SELECT sextant.ensure_key('public.features_topic_daily', '{user_id,topic_id,date}');

CREATE TABLE IF NOT EXISTS public.weekly_kpi (
    user_id    text NOT NULL,
    week_start date NOT NULL,
    kpis       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, week_start)
);
ALTER TABLE public.weekly_kpi
    ADD COLUMN IF NOT EXISTS user_id text,
    ADD COLUMN IF NOT EXISTS week_start date,
    ADD COLUMN IF NOT EXISTS kpis jsonb,
    ADD COLUMN IF NOT EXISTS created_at timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz DEFAULT now();
SELECT sextant.ensure_key('public.weekly_kpi', '{user_id,week_start}');

CREATE TABLE IF NOT EXISTS public.mirt_item_params (
    item_id   text NOT NULL,
    model     text,
    params    jsonb,
    version   text,
    fitted_at timestamptz,
    PRIMARY KEY (item_id)
);
ALTER TABLE public.mirt_item_params
    ADD COLUMN IF NOT EXISTS item_id text,
    ADD COLUMN IF NOT EXISTS model text,
    ADD COLUMN IF NOT EXISTS params jsonb,
    ADD COLUMN IF NOT EXISTS version text,
    ADD COLUMN IF NOT EXISTS fitted_at timestamptz;
SELECT sextant.ensure_key('public.mirt_item_params', '{item_id}');

CREATE TABLE IF NOT EXISTS public.mirt_ability (
    user_id   text NOT NULL,
    theta     double precision,
    se        double precision,
    model     text,
    version   text NOT NULL,
    fitted_at timestamptz,
    PRIMARY KEY (user_id, version)
);
ALTER TABLE public.mirt_ability
    ADD COLUMN IF NOT EXISTS user_id text,
    ADD COLUMN IF NOT EXISTS theta double precision,
    ADD COLUMN IF NOT EXISTS se double precision,
    ADD COLUMN IF NOT EXISTS model text,
    ADD COLUMN IF NOT EXISTS version text,
    ADD COLUMN IF NOT EXISTS fitted_at timestamptz;
SELECT sextant.ensure_key('public.mirt_ability', '{user_id,version}');

CREATE TABLE IF NOT EXISTS public.mirt_fit_meta (
    run_id     text NOT NULL,
    model_spec jsonb,
    metrics    jsonb,
    fitted_at  timestamptz,
    PRIMARY KEY (run_id)
);
ALTER TABLE public.mirt_fit_meta
    ADD COLUMN IF NOT EXISTS run_id text,
    ADD COLUMN IF NOT EXISTS model_spec jsonb,
    ADD COLUMN IF NOT EXISTS metrics jsonb,
    ADD COLUMN IF NOT EXISTS fitted_at timestamptz;
SELECT sextant.ensure_key('public.mirt_fit_meta', '{run_id}');

CREATE TABLE IF NOT EXISTS public.student_topic_theta (
    user_id   text NOT NULL,
    topic_id  text NOT NULL,
    theta     double precision,
    se        double precision,
    model     text,
    version   text,
    fitted_at timestamptz,
    PRIMARY KEY (user_id, topic_id)
);
ALTER TABLE public.student_topic_theta
    ADD COLUMN IF NOT EXISTS user_id text,
    ADD COLUMN IF NOT EXISTS topic_id text,
    ADD COLUMN IF NOT EXISTS theta double precision,
    ADD COLUMN IF NOT EXISTS se double precision,
    ADD COLUMN IF NOT EXISTS model text,
    ADD COLUMN IF NOT EXISTS version text,
    ADD COLUMN IF NOT EXISTS fitted_at timestamptz;
SELECT sextant.ensure_key('public.student_topic_theta', '{user_id,topic_id}');

CREATE TABLE IF NOT EXISTS public.report_artifacts (
    id           bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id      text NOT NULL,
    week_start   date NOT NULL,
    format       text NOT NULL,
    url          text,
    generated_at timestamptz,
    UNIQUE (user_id, week_start, format)
);
ALTER TABLE public.report_artifacts
    ADD COLUMN IF NOT EXISTS user_id text,
    ADD COLUMN IF NOT EXISTS week_start date,
    ADD COLUMN IF NOT EXISTS format text,
    ADD COLUMN IF NOT EXISTS url text,
    ADD COLUMN IF NOT EXISTS generated_at timestamptz;
SELECT sextant.ensure_key('public.report_artifacts', '{user_id,week_start,format}');

-- A slice is a day: its own stale rows are found by date.
CREATE INDEX IF NOT EXISTS features_topic_daily_date ON public.features_topic_daily (date);

-- +goose Down
-- The published tables belong to the platform too and stay.
DROP FUNCTION sextant.ensure_key(regclass, text[]);
