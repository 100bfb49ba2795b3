# What there is to build and deploy. Sourced.

# The size of each function's image, in MB (10^6 bytes) as a registry stores it, at most.
declare -A budgets=(
  [upload-signer]=25
  [image-processor]=60
  [metadata-loader]=25
  [purge-auditor]=25
  [kafka-ingest]=25
  [dashboard]=400
)

# In the order of the flow. The dashboard is no function, and built and deployed like one.
functions=(upload-signer kafka-ingest image-processor metadata-loader purge-auditor dashboard)

# Cloud Run has services, which answer requests, and worker pools, which ask for their work.
is_worker_pool() { [[ $1 == kafka-ingest ]]; }

# At its address Identity-Aware Proxy answers, and lets nobody in but analysts.
is_behind_proxy() { [[ $1 == dashboard ]]; }

check_function() {
  [[ -v budgets[$1] ]] && return
  echo "there is no function '$1'; there are: ${functions[*]}" >&2
  exit 1
}
