SELECT
  DATE(received_at) AS day,
  source,
  content_type,
  status,
  COUNT(*) AS images,
  SUM(size_bytes) AS size_bytes,
  SUM(megapixels) AS megapixels
FROM `${project}.${dataset}.images`
GROUP BY day, source, content_type, status
