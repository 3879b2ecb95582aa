-- +goose Up
-- θ that was there before Sextant starts the history. Rows that are not finite
-- numbers, or name nobody, stay where they are and are not copied.
SELECT sextant.theta_month(m.month)
FROM (SELECT DISTINCT date_trunc('month', coalesce(fitted_at, now()), 'UTC') AS month FROM public.mirt_ability
      UNION
      SELECT DISTINCT date_trunc('month', coalesce(fitted_at, now()), 'UTC') FROM public.student_topic_theta) m;

INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, as_of)
SELECT user_id, NULL, theta, CASE WHEN se >= 0 AND se < 'Infinity' THEN se END,
       coalesce(model, '2PL'), coalesce(version, 'v1'), 'imported', coalesce(fitted_at, now())
FROM public.mirt_ability
WHERE user_id <> '' AND theta > '-Infinity' AND theta < 'Infinity'
UNION ALL
SELECT user_id, topic_id, theta, CASE WHEN se >= 0 AND se < 'Infinity' THEN se END,
       coalesce(model, '2PL'), coalesce(version, 'v1'), 'imported', coalesce(fitted_at, now())
FROM public.student_topic_theta
WHERE user_id <> '' AND topic_id <> '' AND theta > '-Infinity' AND theta < 'Infinity';

-- +goose Down
DELETE FROM sextant.theta_history WHERE source = 'imported';
