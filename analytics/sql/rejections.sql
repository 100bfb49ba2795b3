-- The trend is against the same sender and reason on the day before, where all of that day is known: the
-- oldest day is not, because images go seven days after their arrival.
WITH by_day AS (
  SELECT
    DATE(received_at) AS day,
    rejection_code AS code,
    source,
    sender,
    COUNT(*) AS images,
    ANY_VALUE(rejection_detail) AS example
  FROM `${project}.${dataset}.images`
  WHERE status = 'rejected'
  GROUP BY day, code, source, sender
),
sent AS (
  SELECT DATE(received_at) AS day, source, sender, COUNT(*) AS images
  FROM `${project}.${dataset}.images`
  GROUP BY day, source, sender
)
SELECT
  today.day AS day,
  today.code AS code,
  today.source AS source,
  today.sender AS sender,
  today.images AS images,
  today.images / sent.images AS share_of_sent,
  IF(
    DATE_SUB(today.day, INTERVAL 1 DAY) > DATE(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)),
    today.images - COALESCE(before.images, 0),
    NULL
  ) AS more_than_the_day_before,
  today.example AS example
FROM by_day AS today
JOIN sent
  ON sent.day = today.day AND sent.source = today.source
  AND COALESCE(sent.sender, '') = COALESCE(today.sender, '')
LEFT JOIN by_day AS before
  ON before.day = DATE_SUB(today.day, INTERVAL 1 DAY) AND before.code = today.code
  AND before.source = today.source AND COALESCE(before.sender, '') = COALESCE(today.sender, '')
