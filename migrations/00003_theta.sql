-- +goose Up
-- Histories: what the published tables overwrite, kept.

-- Append only, a partition a month of as_of; formulas and trends read it by as_of.
CREATE TABLE sextant.theta_history (
    user_id          text COLLATE "C" NOT NULL,
    topic_id         text COLLATE "C", -- null: overall
    theta            double precision NOT NULL CHECK (theta > '-Infinity' AND theta < 'Infinity'),
    se               double precision CHECK (se >= 0 AND se < 'Infinity'),
    n_answers        integer NOT NULL DEFAULT 0,
    newest_answer_at timestamptz, -- the newest answer it saw: an older one never replaces a newer
    model            text NOT NULL,
    version          text NOT NULL,
    source           text NOT NULL CHECK (source IN ('imported', 'calibration', 'online', 'manual')),
    bank             text NOT NULL DEFAULT '',
    run_id           uuid,
    as_of            timestamptz NOT NULL,
    estimated_at     timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (as_of);
CREATE INDEX theta_history_user ON sextant.theta_history (user_id, topic_id, as_of DESC);

-- Makes the month's partition when it is missing. Attaching, unlike creating in
-- place, lets readers and writers of the other months go on.
-- +goose StatementBegin
CREATE FUNCTION sextant.theta_month(moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC');
    part  text := 'theta_history_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass('sextant.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('sextant.theta_month'));
    -- Not to_regclass: its cache does not see what was made while this one waited.
    IF EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = 'sextant'::regnamespace) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE sextant.%I (LIKE sextant.theta_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
    EXECUTE format('ALTER TABLE sextant.theta_history ATTACH PARTITION sextant.%I FOR VALUES FROM (%L) TO (%L)',
        part, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
END $$;
-- +goose StatementEnd

-- Every calibration; the newest in_force_at of a bank is the one scorers use.
CREATE TABLE sextant.calibration (
    run_id      uuid PRIMARY KEY,
    bank        text NOT NULL DEFAULT '',
    model       text NOT NULL,
    version     text NOT NULL,
    data_day    date NOT NULL,
    prior_mean  double precision NOT NULL,
    prior_sd    double precision NOT NULL CHECK (prior_sd > 0),
    linking     jsonb NOT NULL DEFAULT '{}',
    metrics     jsonb NOT NULL DEFAULT '{}',
    fitted_at   timestamptz NOT NULL DEFAULT now(),
    in_force_at timestamptz
);
CREATE INDEX calibration_in_force ON sextant.calibration (bank, in_force_at DESC) WHERE in_force_at IS NOT NULL;

CREATE TABLE sextant.item_history (
    run_id    uuid NOT NULL REFERENCES sextant.calibration ON DELETE CASCADE,
    item_id   text COLLATE "C" NOT NULL,
    a         double precision,
    b         double precision,
    c         double precision,
    se_a      double precision,
    se_b      double precision,
    se_c      double precision,
    n         integer NOT NULL,
    p_correct double precision,
    flags     text[] NOT NULL DEFAULT '{}',
    dropped   text, -- why the item has no parameters
    PRIMARY KEY (run_id, item_id)
);
CREATE INDEX item_history_item ON sextant.item_history (item_id);

-- +goose Down
DROP TABLE sextant.item_history, sextant.calibration, sextant.theta_history;
DROP FUNCTION sextant.theta_month(timestamptz);
