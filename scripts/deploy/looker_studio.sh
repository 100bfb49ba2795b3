#!/usr/bin/env bash
# Prints the URL that makes a Looker Studio report over an environment's views, and what to do then:
# looker_studio.sh ENV [TEMPLATE]
#
# https://developers.google.com/looker-studio/integrate/linking-api
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/deploy/common.sh

load_environment "$1"
template=${2:-}
dataset=darkroom_analytics
[[ $template =~ ^[A-Za-z0-9_-]*$ ]] ||
  fail "TEMPLATE is a report's id: what follows /reporting/ in its address"

views() { find analytics/sql -name '*.sql' -printf '%f\n' | sed 's/\.sql$//' | sort; }

# The data source that the report knows by an alias reads a view.
source_of() {
  local alias=$1 view=$2
  printf '&ds.%s.connector=bigQuery&ds.%s.type=TABLE' "$alias" "$alias"
  printf '&ds.%s.projectId=%s&ds.%s.datasetId=%s' "$alias" "$project" "$alias" "$dataset"
  printf '&ds.%s.tableId=%s&ds.%s.datasourceName=%s' "$alias" "$view" "$alias" "$view"
}

url='https://lookerstudio.google.com/reporting/create?c.mode=edit&r.reportName=Darkroom'
if [[ -z $template ]]; then
  # Looker Studio's own template has one data source.
  url+=$(source_of ds0 images)
  cat <<TEXT
$url

1. Open it, signed in as somebody of analysts_group: a report over the view images.
2. "Edit and share", then "Acknowledge and save": the report is yours.
3. Resource > Manage added data sources > Add a data source > BigQuery > $project > $dataset adds the
   others: $(views | grep -vx images | paste -sd ' ' | sed 's/ /, /g').
   docs/data-dictionary.md says what their columns are; nothing needs to be calculated in the report.
4. Add a control > Date range control, and drop-down lists for source and content_type: they filter
   every chart whose view has the column.
5. To hand it on: give each data source its view's name as its alias there, and
   make looker-studio ENV=$1 TEMPLATE=<the report's id> prints the URL that copies it.
TEXT
else
  url+="&c.reportId=$template"
  for view in $(views); do url+=$(source_of "$view" "$view"); done
  cat <<TEXT
$url

1. Open it, signed in as somebody of analysts_group who may see the report $template: a copy of it, over
   the views of $project.
2. "Edit and share", then "Acknowledge and save": the copy is yours.
A data source of the template that no view is named like keeps what it had.
TEXT
fi
