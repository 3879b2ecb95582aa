-- +goose Up
-- What brings a learner's θ up to date when a session ends.

-- The platform's touches that no θ update has served yet, appended by the
-- optional trigger ('sextant worker install') and by the worker's own search.
-- No unique index: a second row for one learner must wait for nobody.
CREATE TABLE sextant.change (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    source     text NOT NULL,           -- exam_results, session, or search (the worker found it)
    session_id text COLLATE "C",
    user_id    text COLLATE "C",
    op         text NOT NULL,           -- insert, update, delete, finish, search; many: a bulk update
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity' -- when to try again
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000);
CREATE INDEX change_id ON sextant.change (id);

-- Waits until a change can be served, and says whether one can. The server looks
-- 50 times a second, for a tenth of what as many questions from a worker cost both.
-- +goose StatementBegin
CREATE FUNCTION sextant.await_change(patience interval) RETURNS boolean LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    give_up timestamptz := clock_timestamp() + patience;
BEGIN
    LOOP
        PERFORM id FROM sextant.change WHERE not_before <= clock_timestamp() ORDER BY id LIMIT 1;
        IF FOUND THEN
            RETURN true;
        ELSIF clock_timestamp() >= give_up THEN
            RETURN false;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END $$;
-- +goose StatementEnd

-- Why a learner's last update wrote nothing, so that the search for unserved
-- sessions does not find them again until something new happens.
CREATE TABLE sextant.theta_outcome (
    user_id text COLLATE "C" PRIMARY KEY,
    outcome text NOT NULL CHECK (outcome IN ('no answers', 'no parameters', 'failed')),
    error   text,
    run_id  uuid NOT NULL,
    as_of   timestamptz NOT NULL
);

-- +goose Down
DROP FUNCTION sextant.await_change(interval);
DROP TABLE sextant.theta_outcome, sextant.change;
