#!/usr/bin/env bash
# The numbers and pictures of docs/results.md: trains, evaluates on the test set, draws samples, writes tables.
# Run again, it goes on where it was stopped and uses what is finished. It prints its plan and the time that this takes
# on two CPU cores before it starts.
#
#   scripts/reproduce.sh [--plan] [BUDGET [DATA_SET[,DATA_SET]... [MODEL[,MODEL]...]]]
#
#   BUDGET     quick or hour: configs/<data set>_<model>_<budget>.yaml; default: quick
#   --plan     print the plan and stop
#
# Environment:  CEBM_SEEDS="1 2 3"  seeds of the trainings, a row of their mean; default: 1
#               CEBM_RESULTS=FOLDER where runs and tables go; default: runs/reproduce
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
results=${CEBM_RESULTS:-$root/runs/reproduce}
read -ra seeds <<<"${CEBM_SEEDS:-1}"
evaluation_minutes=5  # of one run: few-shot with all labels in two spaces, OOD sets, 1-NN, 1,000 chains of 500 steps

usage() {
  sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit "$1"
}

# The configurations of a budget, for the given data sets and models, or all.
configurations() {
  local budget=$1 file name
  for file in "$root/configs/"*"_$budget.yaml"; do
    name=$(basename "$file" "_$budget.yaml")
    [[ -z ${2:-} ]] || chosen "$name" "$2" "${3:-}" || continue
    minutes_of "$file" >/dev/null && say "$name"
  done
}

# chosen NAME DATA_SETS MODELS: whether NAME has one of these data sets and, if any are given, one of these models.
chosen() {
  local data model
  for data in ${2//,/ }; do
    [[ $1 == "${data}_"* ]] || continue
    [[ -n $3 ]] || return 0
    for model in ${3//,/ }; do [[ $1 != "${data}_$model" ]] || return 0; done
  done
  return 1
}

# Minutes of training on two cores, from a comment in the configuration; fails if there is no such comment.
minutes_of() { sed -n 's/^# Minutes on two cores: \([0-9]*\)\.*$/\1/p' "$1" | grep .; }

run_of() { printf '%s\n' "$results/$1/$2/seed_$3"; }

print_plan() {
  local budget=$1 total=0 minutes name seed left
  shift
  for name; do
    minutes=$(($(minutes_of "$root/configs/${name}_$budget.yaml") + evaluation_minutes))
    for seed in "${seeds[@]}"; do
      left=$minutes
      [[ ! -e $(run_of "$budget" "$name" "$seed")/finished ]] || left=0
      say "    ${name}_$budget, seed $seed: $([[ $left -gt 0 ]] && printf '%d minutes' "$left" || printf 'finished')"
      total=$((total + left))
    done
  done
  say "    together about $((total / 60)) h $((total % 60)) min, into $results/$budget"
}

train() {
  local run=$3 options=(--config "$root/configs/$1.yaml" --out "$3" --set "train.seed=$2")
  [[ ! -e $run/config.yaml ]] || options+=(--resume)
  "$build/bin/cebm-train" "${options[@]}"
}

evaluate() {
  "$build/bin/cebm-eval" all --run "$1" --set 'few-shot.spaces=[latent, features]' \
    --set samples.chains=1000 --set samples.steps=500
}

# For energy-based models: chains of 500 steps from noise. The training's own chains are the last picture in samples/.
draw() { "$build/bin/cebm-sample" --run "$1" --count 100 --out "$1/drawn.png"; }

one_run() {
  local run
  run=$(run_of "$2" "$1" "$3")
  [[ ! -e $run/finished ]] || return 0
  step "$1, $2, seed $3: training" train "$1_$2" "$3" "$run"
  step "$1, $2, seed $3: evaluation" evaluate "$run"
  step "$1, $2, seed $3: samples" draw "$run"
  touch "$run/finished"
}

# Tables of all finished runs of a budget, with the machine they come from.
write_tables() {
  local runs=()
  cd "$results/$1"
  readarray -t runs < <(find . -name finished -printf '%P\n' | sed 's,/finished$,,' | sort)
  "$build/bin/cebm-eval" table --runs "${runs[@]}" --out tables
  {
    say "# Results, $1"
    say ""
    "$build/bin/cebm-train" --version | sed 's/^/    /'
    say ""
    cat tables/*.md
  } >results.md
}

plan_only=
case ${1:-} in
  -h | --help) usage 0 ;;
  --plan)
    plan_only=yes
    shift
    ;;
esac
budget=${1:-quick}
[[ $# -le 3 && ($budget == quick || $budget == hour) ]] || usage 2 >&2
readarray -t names < <(configurations "$budget" "${2:-}" "${3:-}")
[[ ${#names[@]} -gt 0 ]] || die "no configuration of these data sets and models has the budget $budget"

say "Plan:"
print_plan "$budget" "${names[@]}"
[[ -z $plan_only ]] || exit 0
"$root/scripts/setup.sh" apps/all
for name in "${names[@]}"; do
  for seed in "${seeds[@]}"; do one_run "$name" "$budget" "$seed"; done
done
write_tables "$budget"
say ""
say "Tables: $results/$budget/results.md; in the folder of each run report.html, drawn.png and samples/"
