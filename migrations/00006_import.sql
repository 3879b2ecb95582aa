-- +goose Up
-- θ that was there before Sextant starts the history. Rows that are not finite
-- numbers, or name nobody, stay where they are and are not copied; those of no
-- moment, or of one beyond the calendar, count from now.
CREATE TEMP TABLE imported ON COMMIT DROP AS
SELECT user_id, topic_id, theta, CASE WHEN se >= 0 AND se < 'Infinity' THEN se END AS se,
       coalesce(model, '2PL') AS model, coalesce(version, 'v1') AS version,
       CASE WHEN fitted_at >= '0001-01-01 00:00:00Z' AND fitted_at < '10000-01-01 00:00:00Z' THEN fitted_at ELSE now() END AS as_of
FROM (SELECT user_id, NULL AS topic_id, theta::float8, se::float8, model, version, fitted_at FROM public.mirt_ability
      UNION ALL
      SELECT user_id, topic_id, theta::float8, se::float8, model, version, fitted_at FROM public.student_topic_theta
      WHERE topic_id <> '') published
WHERE user_id <> '' AND theta > '-Infinity' AND theta < 'Infinity';

SELECT sextant.theta_month(month) FROM (SELECT DISTINCT date_trunc('month', as_of, 'UTC') AS month FROM imported) m;

INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, as_of)
SELECT user_id, topic_id, theta, se, model, version, 'imported', as_of FROM imported;

-- +goose Down
DELETE FROM sextant.theta_history WHERE source = 'imported';
