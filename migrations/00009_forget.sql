-- +goose Up
-- Erasing a learner, and keeping the histories bounded.

-- Learners who were erased, by a digest of the id: what the platform still holds
-- of them must not come back with the next reading.
CREATE TABLE sextant.forgotten (
    digest       bytea PRIMARY KEY, -- sha256 of the user_id in UTF-8
    forgotten_at timestamptz NOT NULL DEFAULT now(),
    run_id       uuid NOT NULL
);

-- A finished row never changes, but for the texts that name an erased learner.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sextant.keep_finished_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('sextant.forgetting', true) = 'on'
       AND to_jsonb(NEW) - '{params,reason,error}'::text[] = to_jsonb(OLD) - '{params,reason,error}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'run % has finished (%) and cannot change', OLD.id, OLD.status;
END $$;
-- +goose StatementEnd

-- Drops the months of the θ history that lie wholly before a moment and hold
-- nothing any more, and says how many. A month whose lock is not to be had within
-- the lock_timeout waits for the next time.
-- +goose StatementBegin
CREATE FUNCTION sextant.drop_empty_theta_months(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    part    text;
    empty   boolean;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'sextant.theta_history'::regclass AND c.relname ~ '^theta_history_[0-9]{6}$'
          AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= before AT TIME ZONE 'UTC'
        ORDER BY 1
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM sextant.%I)', part) INTO empty;
        CONTINUE WHEN NOT empty;
        BEGIN
            LOCK TABLE ONLY sextant.theta_history IN ACCESS EXCLUSIVE MODE; -- keeps writers out of the month
            EXECUTE format('SELECT NOT EXISTS (SELECT FROM sextant.%I)', part) INTO empty;
            IF empty THEN
                EXECUTE format('DROP TABLE sextant.%I', part);
                dropped := dropped + 1;
            END IF;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
    RETURN dropped;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION sextant.drop_empty_theta_months(timestamptz);
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sextant.keep_finished_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'run % has finished (%) and cannot change', OLD.id, OLD.status;
END $$;
-- +goose StatementEnd
DROP TABLE sextant.forgotten;
