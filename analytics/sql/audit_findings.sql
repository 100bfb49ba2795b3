-- What each check of the last sweep came to, and since when: since the first sweep after the last one that
-- came to something else. A check that the last sweep did not make, as of a table that is gone, is of no
-- interest any more. The 400 days that are kept are narrowed to 30 for the sake of what a
-- query reads.
WITH results AS (
  SELECT
    *,
    FIRST_VALUE(status) OVER (PARTITION BY check_id ORDER BY as_of DESC, report DESC) AS last_status
  FROM `${project}.${dataset}.audit_checks`
  WHERE as_of > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
),
changes AS (
  SELECT check_id, MAX(IF(status != last_status, as_of, NULL)) AS changed_at
  FROM results
  GROUP BY check_id
)
SELECT
  results.check_id AS check_id,
  results.status AS status,
  MIN(results.as_of) OVER (PARTITION BY results.check_id) AS since,
  results.as_of AS as_of,
  results.report AS report,
  results.seen AS seen,
  results.expected AS expected,
  results.mend AS mend
FROM results
JOIN changes ON changes.check_id = results.check_id
WHERE changes.changed_at IS NULL OR results.as_of > changes.changed_at
QUALIFY results.report = MAX(results.report) OVER ()
  -- It may have been told twice.
  AND ROW_NUMBER() OVER (PARTITION BY results.check_id, results.report ORDER BY results.as_of) = 1
