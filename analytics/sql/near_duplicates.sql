-- Comparing every image with every other would take a trillion comparisons for a million. So only those
-- are compared that agree in one of the four quarters of the hash: of two that differ in three bits or
-- fewer one quarter is the same, so none of these is missed; of those that differ in four to six, two
-- thirds are found. Of the images with the very same hash only the first is compared with others, so a
-- thousand copies of a picture are a thousand rows and not half a million.
WITH hashed AS (
  SELECT
    image_id, received_at, source, sender, content_type, object, perceptual_hash,
    FIRST_VALUE(image_id) OVER (PARTITION BY perceptual_hash ORDER BY received_at, image_id) AS first_id
  FROM `${project}.${dataset}.images`
  WHERE perceptual_hash IS NOT NULL
),
firsts AS (
  SELECT * FROM hashed WHERE image_id = first_id
),
quarters AS (
  SELECT firsts.*, quarter, (perceptual_hash >> (16 * quarter)) & 65535 AS bits
  FROM firsts, UNNEST([0, 1, 2, 3]) AS quarter
),
pairs AS (
  SELECT DISTINCT
    IF(is_first, image_id, other_id) AS first_id,
    IF(is_first, other_id, image_id) AS other_id
  FROM (
    SELECT
      a.image_id AS image_id,
      b.image_id AS other_id,
      a.received_at < b.received_at OR (a.received_at = b.received_at AND a.image_id < b.image_id) AS is_first
    FROM quarters AS a
    JOIN quarters AS b ON a.quarter = b.quarter AND a.bits = b.bits
    -- Each two once: no number is compared as fast as the hashes, which differ.
    WHERE a.perceptual_hash < b.perceptual_hash AND BIT_COUNT(a.perceptual_hash ^ b.perceptual_hash) <= 6
  )
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
