SELECT
  images.image_id AS image_id,
  images.received_at AS received_at,
  derivative.name AS name,
  derivative.object AS object,
  derivative.content_type AS content_type,
  derivative.width AS width,
  derivative.height AS height,
  derivative.size_bytes AS size_bytes,
  derivative.size_bytes / images.size_bytes AS share_of_original,
  derivative.sha256 AS sha256
FROM `${project}.${dataset}.images` AS images, UNNEST(images.derivatives) AS derivative
