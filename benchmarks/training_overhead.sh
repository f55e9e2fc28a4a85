#!/usr/bin/env bash
# What checkpoints, guard and metrics, or TensorBoard's events cost a training: paired runs of the same configuration
# with and without.
#
#   benchmarks/training_overhead.sh checkpoints|guard|events [PAIRS [STEPS [INTERVAL [CONFIG]]]]
#
# Default: 7 pairs of 100 steps of fashion_mnist_cebm_quick.yaml. With checkpoints, one side saves every INTERVAL steps
# (default 10) and the other at its last step only; the difference is then scaled to one checkpoint in 100 steps. With
# guard, one side watches and logs every 20 steps and the other does neither. With events, both log every step, and one
# writes the row to the event file too; that is scaled to one row in 20 steps, as the configuration has it. The order
# within a pair alternates. Printed are the median of the pairs' ratios of processor time, which other work on the
# machine disturbs least, and of wall-clock time, which waiting for the disk is part of.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

what=${1:?checkpoints, guard or events}
pairs=${2:-7} steps=${3:-100} interval=${4:-10} config=${5:-fashion_mnist_cebm_quick.yaml}
work=$(mktemp -d -p "$root/build")
trap 'rm -rf "$work"' EXIT

case $what in
  checkpoints)
    with=(--set "checkpoint.every=$interval")
    without=(--set "checkpoint.every=1000000")
    extra=$(((steps - 1) / interval)) usual=100
    ;;
  guard)
    with=(--set train.log_every=20 --set guard.policy=stop)
    without=(--set train.log_every=1000000 --set guard.policy=off)
    extra=0 usual=1
    ;;
  events)
    with=(--set train.log_every=1 --set train.tensorboard=true)
    without=(--set train.log_every=1 --set train.tensorboard=false)
    extra=$steps usual=20
    ;;
  *) die "expected checkpoints, guard or events, found $what" ;;
esac

# run NAME FLAG...: processor and wall-clock seconds of one training.
run() {
  local TIMEFORMAT='%U %S %R'
  rm -rf "$work/run"
  { time "$build/bin/cebm-train" --config "$config" --out "$work/run" -q --set "train.steps=$steps" \
    --set train.sample_every=1000000 "$@" >/dev/null 2>"$work/log"; } 2>&1 |
    awk '{ print $1 + $2, $3 }'
}

for ((pair = 0; pair < pairs; ++pair)); do
  if ((pair % 2 == 0)); then
    a=$(run "${with[@]}") b=$(run "${without[@]}")
  else
    b=$(run "${without[@]}") a=$(run "${with[@]}")
  fi
  say "with: ${a/ / s processor, } s wall; without: ${b/ / s processor, } s wall"
  printf '%s %s\n' "$a" "$b" >>"$work/pairs"
done

# median COLUMN_WITH COLUMN_WITHOUT
median() {
  awk -v a="$1" -v b="$2" '{ print $a / $b }' "$work/pairs" | sort -g |
    awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

for clock in "processor 1 3" "wall-clock 2 4"; do
  read -r name a b <<<"$clock"
  awk -v name="$name" -v ratio="$(median "$a" "$b")" -v what="$what" -v extra="$extra" -v usual="$usual" \
    -v steps="$steps" 'BEGIN {
    percent = 100 * (ratio - 1)
    printf "%s time: %+.2f %%", name, percent
    if (extra > 0) printf " for %d %s in %d steps; one in %d steps: %+.3f %%", extra, what, steps, usual, percent * steps / extra / usual
    print ""
  }'
done
