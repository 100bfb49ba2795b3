-- The auditor tells what it deleted itself, and hears of every deletion by an event that does not say
-- who did it: where it has told, that counts. The two are told a moment apart, so that no filter on
-- `deleted_at` goes through the window: the 400 days that are kept are narrowed to 30 here, for the sake of
-- what a query reads.
SELECT *
FROM `${project}.${dataset}.purge_ledger`
WHERE deleted_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY bucket, name, generation
  ORDER BY
    CASE cause
      WHEN 'erasure' THEN 0
      WHEN 'auditor' THEN 1
      WHEN 'foreign' THEN 2
      WHEN 'replaced' THEN 3
      WHEN 'lifecycle' THEN 4
      ELSE 5
    END,
    deleted_at
) = 1
