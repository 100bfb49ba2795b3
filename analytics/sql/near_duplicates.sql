-- Comparing every image with every other would take half a trillion comparisons for a million. So only
-- those are compared that agree in one of the four quarters of the hash: of two that differ in three bits
-- or fewer one quarter is the same. A quarter that a thousand share, as blank pages do, would bring that
-- many comparisons back, and is left out. Of the images of one source with the very same hash only the
-- first is compared with others, so a thousand copies of a picture are a thousand rows and not half a
-- million.
WITH hashed AS (
  SELECT
    image_id, received_at, source, sender, content_type, object, perceptual_hash,
    FIRST_VALUE(image_id) OVER (PARTITION BY perceptual_hash ORDER BY received_at, image_id) AS first_id,
    FIRST_VALUE(image_id) OVER (
      PARTITION BY perceptual_hash, source ORDER BY received_at, image_id
    ) AS first_of_source_id
  FROM `${project}.${dataset}.images`
  WHERE perceptual_hash IS NOT NULL
),
quarters AS (
  SELECT
    hashed.image_id AS image_id,
    hashed.received_at AS received_at,
    hashed.perceptual_hash AS perceptual_hash,
    quarter,
    (hashed.perceptual_hash >> (16 * quarter)) & 65535 AS bits
  FROM hashed, UNNEST([0, 1, 2, 3]) AS quarter
  WHERE hashed.image_id = hashed.first_of_source_id
  QUALIFY COUNT(*) OVER (PARTITION BY quarter, (hashed.perceptual_hash >> (16 * quarter)) & 65535) <= 1000
),
compared AS (
  SELECT
    a.image_id AS image_id,
    b.image_id AS other_id,
    a.received_at < b.received_at OR (a.received_at = b.received_at AND a.image_id < b.image_id) AS is_first
  FROM quarters AS a
  JOIN quarters AS b ON a.quarter = b.quarter AND a.bits = b.bits
  -- Each two once. Of the same hash they are copies, which come below.
  WHERE a.perceptual_hash < b.perceptual_hash AND BIT_COUNT(a.perceptual_hash ^ b.perceptual_hash) <= 6
),
pairs AS (
  SELECT DISTINCT IF(is_first, image_id, other_id) AS first_id, IF(is_first, other_id, image_id) AS other_id
  FROM compared
  UNION ALL
  SELECT first_id, image_id AS other_id
  FROM hashed
  WHERE image_id != first_id
)
SELECT
  pairs.first_id AS image_id,
  pairs.other_id AS duplicate_id,
  BIT_COUNT(a.perceptual_hash ^ b.perceptual_hash) AS distance,
  a.received_at AS received_at,
  b.received_at AS duplicate_received_at,
  a.source AS source,
  b.source AS duplicate_source,
  a.sender AS sender,
  b.sender AS duplicate_sender,
  a.content_type AS content_type,
  b.content_type AS duplicate_content_type,
  a.object AS object,
  b.object AS duplicate_object
FROM pairs
JOIN hashed AS a ON a.image_id = pairs.first_id
JOIN hashed AS b ON b.image_id = pairs.other_id
