SELECT
  camera_make,
  camera_model,
  COUNT(*) AS images,
  COUNT(*) / SUM(COUNT(*)) OVER () AS share,
  COUNT(DISTINCT sender) AS senders,
  AVG(megapixels) AS mean_megapixels,
  APPROX_QUANTILES(iso, 2)[OFFSET(1)] AS median_iso,
  MIN(received_at) AS first_received_at,
  MAX(received_at) AS last_received_at
FROM `${project}.${dataset}.images`
WHERE camera_make IS NOT NULL OR camera_model IS NOT NULL
GROUP BY camera_make, camera_model
