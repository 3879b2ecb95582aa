-- +goose Up
-- Runs that workers take from a queue, the schedule's ticks, and who works.
-- The queue itself is River's, whose own migrator makes its tables after these.

-- A run that goes through the queue stands in the ledger from the start, as
-- queued. A finished row never changes, so another try is a row of its own.
ALTER TABLE sextant.run
    ADD COLUMN due_at   timestamptz,                 -- from when on a worker may take it; null: it was never queued
    ADD COLUMN asked_at timestamptz,                 -- its days are judged by this moment, however late it starts
    ADD COLUMN attempt  smallint NOT NULL DEFAULT 1,
    ADD COLUMN retry_of uuid;                        -- the run that this one tries again
CREATE UNIQUE INDEX run_retry ON sextant.run (retry_of) WHERE retry_of IS NOT NULL; -- one retry each
CREATE INDEX run_lost ON sextant.run (finished_at) WHERE status = 'lost' AND due_at IS NOT NULL;

-- The schedule's ticks that have been dealt with. The newest of a stage is where
-- its schedule stands, whichever worker looks.
CREATE TABLE sextant.tick (
    stage    text NOT NULL,
    at       timestamptz NOT NULL,
    run_id   uuid,                                   -- null: no run, and note says why
    note     text NOT NULL DEFAULT '',
    fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stage, at)
);

-- The workers that live. A row goes with its worker, or by its age when that was killed.
CREATE TABLE sextant.worker (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    host       text NOT NULL,
    pid        integer NOT NULL,
    version    text NOT NULL,
    listen     text NOT NULL DEFAULT '',             -- of its health and metrics; empty: none
    tasks      text[] NOT NULL,                      -- what it is there for: theta, queue, schedule
    doing      jsonb NOT NULL DEFAULT '[]',          -- the runs in hand
    stopping   boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE sextant.worker, sextant.tick;
DROP INDEX sextant.run_retry, sextant.run_lost;
ALTER TABLE sextant.run DROP COLUMN retry_of, DROP COLUMN attempt, DROP COLUMN asked_at, DROP COLUMN due_at;
