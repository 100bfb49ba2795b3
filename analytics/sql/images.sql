-- Every image of the last seven days once, by its latest load.
--
-- `image_records` has a row for each load of a record, and a record is loaded again when its event
-- comes again. The bare comparison on `received_at`, the partitioning column, keeps BigQuery from
-- reading partitions that are due but not dropped yet.
SELECT *
FROM `${project}.${dataset}.image_records`
WHERE received_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
QUALIFY ROW_NUMBER() OVER (PARTITION BY image_id ORDER BY processed_at DESC) = 1
