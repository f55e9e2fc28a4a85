#!/usr/bin/env bash
# How many of ten seeds of a configuration diverge without rollback, and how many reach their last step with it.
#
#   scripts/rollback_test.sh [SEEDS [CONFIG]]     default: 10 seeds of tests/configs/reliability/diverging.yaml
#
# Fails unless at least 8 of 10 diverge without and at least 9 of 10 arrive with it.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export CUDA_VISIBLE_DEVICES=-1  # bit-for-bit equality is promised on the CPU only

seeds=${1:-10} config=${2:-$root/tests/configs/reliability/diverging.yaml}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# train SEED POLICY: prints the exit code.
train() {
  local status=0
  "$build/bin/cebm-train" --config "$config" --out "$work/$2-$1" --threads 1 -q --set "train.seed=$1" \
    --set "guard.policy=$2" >/dev/null 2>>"$work/log" || status=$?
  echo "$status"
}

diverged=0 arrived=0
for ((seed = 1; seed <= seeds; ++seed)); do
  without=$(train "$seed" stop)
  with=$(train "$seed" rollback)
  [[ $without -ne 3 ]] || diverged=$((diverged + 1))
  [[ $with -ne 0 ]] || arrived=$((arrived + 1))
  found=$(awk -F, '$2 == "diverged" { print $1; exit }' "$work/stop-$seed/events.csv" 2>/dev/null || true)
  rollbacks=$(grep -c rolled_back "$work/rollback-$seed/events.csv" 2>/dev/null || true)
  say "seed $seed: stop ends with code $without (step ${found:--}), rollback with code $with after ${rollbacks:-0} rollbacks"
done
say "$diverged of $seeds diverge without rollback, $arrived of $seeds reach the last step with it"
((10 * diverged >= 8 * seeds && 10 * arrived >= 9 * seeds)) || die "expected at least 8 and 9 of 10"
