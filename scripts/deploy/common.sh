# Shared by the scripts of this folder: an environment's settings, and how a command is run. Sourced.
#
# What is done is printed before it is done. With DRY_RUN=1 it is only printed, in the same words: what
# an answer would tell stands in angle brackets.

# A failure within $(…) is one.
shopt -s inherit_errexit

# The transcript, also where a function's output is taken as its answer.
exec 3>&1

say() { echo "$*" >&3; }

fail() {
  echo "$*" >&2
  exit 1
}

is_dry() { [[ ${DRY_RUN:-} == 1 ]]; }

# Prints a command as a shell would take it.
show() {
  local word line='$'
  for word in "$@"; do
    [[ $word =~ ^[][A-Za-z0-9_./:=@,+*\<\>-]+$ ]] || word=${word@Q}
    line+=" $word"
  done
  say "$line"
}

# Runs a command that changes something, or checks it.
run() {
  show "$@"
  is_dry || "$@" >&3
}

# Runs a command for its answer: ask ANSWER COMMAND…, where ANSWER stands for it in a dry run.
ask() {
  local stand_in=$1
  shift
  show "$@"
  if is_dry; then echo "$stand_in"; else "$@"; fi
}

need() {
  local program
  is_dry && return
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is not installed, and this needs it"
  done
}

# Reads ENV's project and region from where Terraform has them.
# shellcheck disable=SC2034 # Whoever sources this uses them.
load_environment() {
  local name=$1 settings
  environment=infra/envs/$name
  settings=$environment/terraform.tfvars
  [[ -n $name ]] || fail "which environment? Say ENV=<name>; there are: $(environments)"
  [[ -d $environment ]] || fail "there is no environment '$name'; there are: $(environments)"
  [[ -f $settings ]] || fail "$settings is missing; docs/runbooks/deploy.md tells what is in it"
  project=$(setting project_id "$settings")
  region=$(setting region "$settings")
}

environments() { find infra/envs -mindepth 1 -maxdepth 1 -type d -printf '%f ' 2>/dev/null; }

# A string of a file of Terraform's settings.
setting() {
  local value
  value=$(sed -nE "s/^\s*$1\s*=\s*\"([^\"]+)\"\s*(#.*)?$/\1/p" "$2")
  [[ -n $value ]] || fail "$2 does not set $1"
  echo "$value"
}
