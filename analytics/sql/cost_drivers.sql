-- What an image costs is in two arrays. Each is a part of its own, because a subquery for each image
-- takes several times as long.
WITH sized AS (
  SELECT
    DATE(received_at) AS day,
    source,
    content_type,
    CASE
      WHEN megapixels IS NULL THEN 'unknown'
      WHEN megapixels < 2 THEN 'under 2 MP'
      WHEN megapixels < 8 THEN '2 to 8 MP'
      WHEN megapixels < 24 THEN '8 to 24 MP'
      ELSE '24 MP and more'
    END AS size_class,
    size_bytes,
    derivatives,
    stages
  FROM `${project}.${dataset}.images`
),
parts AS (
  SELECT day, source, content_type, size_class, 1 AS images, size_bytes, 0.0 AS seconds
  FROM sized
  UNION ALL
  -- A derivative has a `content_type` too: what is the image's is said to be.
  SELECT
    sized.day, sized.source, sized.content_type, sized.size_class,
    0 AS images, derivative.size_bytes AS size_bytes, 0.0 AS seconds
  FROM sized, UNNEST(sized.derivatives) AS derivative
  UNION ALL
  SELECT
    sized.day, sized.source, sized.content_type, sized.size_class,
    0 AS images, 0 AS size_bytes, stage.milliseconds / 1000 AS seconds
  FROM sized, UNNEST(sized.stages) AS stage
)
SELECT
  day,
  source,
  content_type,
  size_class,
  SUM(images) AS images,
  SUM(size_bytes) AS stored_bytes,
  SUM(seconds) AS processing_seconds,
  SUM(seconds) / SUM(images) AS seconds_per_image
FROM parts
GROUP BY day, source, content_type, size_class
