-- The stages of processing, and beside them the way from the arrival to the end of processing.
WITH durations AS (
  SELECT images.received_at AS received_at, stage.stage AS stage, stage.milliseconds AS milliseconds
  FROM `${project}.${dataset}.images` AS images, UNNEST(images.stages) AS stage
  UNION ALL
  SELECT
    received_at,
    'received to processed' AS stage,
    CAST(TIMESTAMP_DIFF(processed_at, received_at, MILLISECOND) AS FLOAT64) AS milliseconds
  FROM `${project}.${dataset}.images`
)
SELECT
  TIMESTAMP_TRUNC(received_at, HOUR) AS hour,
  stage,
  COUNT(*) AS images,
  APPROX_QUANTILES(milliseconds, 100)[OFFSET(50)] AS p50_milliseconds,
  APPROX_QUANTILES(milliseconds, 100)[OFFSET(95)] AS p95_milliseconds,
  APPROX_QUANTILES(milliseconds, 100)[OFFSET(99)] AS p99_milliseconds,
  MAX(milliseconds) AS longest_milliseconds
FROM durations
GROUP BY hour, stage
