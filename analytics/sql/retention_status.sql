WITH parts AS (
  SELECT TIMESTAMP_TRUNC(due_at, HOUR) AS due_hour, 1 AS images, size_bytes AS original_bytes, 0 AS derivative_bytes
  FROM `${project}.${dataset}.images`
  UNION ALL
  SELECT
    TIMESTAMP_TRUNC(images.due_at, HOUR) AS due_hour,
    0 AS images,
    0 AS original_bytes,
    derivative.size_bytes AS derivative_bytes
  FROM `${project}.${dataset}.images` AS images, UNNEST(images.derivatives) AS derivative
)
SELECT
  due_hour,
  TIMESTAMP_DIFF(due_hour, CURRENT_TIMESTAMP(), MINUTE) / 60 AS hours_left,
  SUM(images) AS images,
  SUM(original_bytes) AS original_bytes,
  SUM(derivative_bytes) AS derivative_bytes
FROM parts
GROUP BY due_hour, hours_left
