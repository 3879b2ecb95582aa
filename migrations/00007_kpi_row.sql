-- +goose Up
-- Of which day the KPIs in a row of weekly_kpi are. The row itself is shared with
-- others, who may touch its other keys and updated_at as they please; here
-- Sextant knows its own values again: an older day never overwrites a newer one,
-- and what no longer holds is taken back while what others wrote stays.
CREATE TABLE sextant.kpi_row (
    user_id    text COLLATE "C" NOT NULL,
    week_start date NOT NULL,
    kpis_day   date, -- all six, by compute-daily-kpis; null: not of this week, or taken back
    quiet_day  date, -- P and S, by detect-inactivity
    PRIMARY KEY (week_start, user_id) -- a run reads and writes one week, in the order of its learners
);

-- +goose Down
DROP TABLE sextant.kpi_row;
