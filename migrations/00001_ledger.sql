-- +goose Up
-- The ledger: who ran what, when, why and with what outcome.

CREATE SEQUENCE sextant.fence; -- every run's fencing token; later runs hold greater ones

CREATE TABLE sextant.run (
    id                  uuid PRIMARY KEY,
    stage               text NOT NULL,
    params              jsonb NOT NULL DEFAULT '{}',
    window_from         date,
    window_to           date,
    trigger             text NOT NULL CHECK (trigger IN ('cli', 'cron', 'console', 'schedule', 'event')),
    actor               text NOT NULL,
    reason              text NOT NULL DEFAULT '',
    host                text NOT NULL DEFAULT '',
    pid                 integer,
    version             text NOT NULL DEFAULT '',
    status              text NOT NULL CHECK (status IN
                        ('queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'lost', 'skipped')),
    lock_key            bigint NOT NULL,
    token               bigint NOT NULL DEFAULT nextval('sextant.fence'),
    created_at          timestamptz NOT NULL DEFAULT now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    heartbeat_at        timestamptz,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    units_done          integer NOT NULL DEFAULT 0,
    units_total         integer NOT NULL DEFAULT 0,
    rows_read           bigint NOT NULL DEFAULT 0,
    rows_written        bigint NOT NULL DEFAULT 0,
    error               text
);
CREATE INDEX run_stage ON sextant.run (stage, created_at DESC);
CREATE INDEX run_created ON sextant.run (created_at DESC);
CREATE INDEX run_open ON sextant.run (lock_key) WHERE status IN ('queued', 'running');

-- A finished row never changes: what an auditor reads is what happened.
-- +goose StatementBegin
CREATE FUNCTION sextant.keep_finished_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'run % has finished (%) and cannot change', OLD.id, OLD.status;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_finished BEFORE UPDATE ON sextant.run FOR EACH ROW
    WHEN (OLD.status NOT IN ('queued', 'running')) EXECUTE FUNCTION sextant.keep_finished_run();

CREATE TABLE sextant.run_event (
    run_id  uuid NOT NULL REFERENCES sextant.run ON DELETE CASCADE,
    seq     bigint GENERATED ALWAYS AS IDENTITY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    level   text NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
    message text NOT NULL,
    attrs   jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE sextant.run_failure (
    run_id  uuid NOT NULL REFERENCES sextant.run ON DELETE CASCADE,
    kind    text NOT NULL CHECK (kind IN ('learner', 'slice')),
    subject text COLLATE "C" NOT NULL,
    error   text NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, kind, subject)
);

-- Which data day each run published, from which state of the answers. A row is
-- written in the transaction of the slice it speaks of. stamp is the slice's
-- computed_at: it tells Sextant's own published rows from those of others.
CREATE TABLE sextant.published (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage       text NOT NULL,
    scope       text NOT NULL DEFAULT '', -- a calibration's bank; else empty
    data_day    date NOT NULL,
    complete    boolean NOT NULL,         -- false when only some learners were published
    run_id      uuid NOT NULL,
    revision    bigint NOT NULL DEFAULT 0, -- the newest answer_day.revision it read
    calibration uuid,                      -- the calibration it used
    stamp       timestamptz NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX published_day ON sextant.published (stage, scope, data_day DESC, id DESC);

-- +goose Down
DROP TABLE sextant.published, sextant.run_failure, sextant.run_event, sextant.run;
DROP FUNCTION sextant.keep_finished_run();
DROP SEQUENCE sextant.fence;
