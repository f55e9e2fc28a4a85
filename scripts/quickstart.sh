#!/usr/bin/env bash
# From a fresh clone to pictures: sets up, trains a CEBM on Fashion-MNIST, draws samples, writes a report.
# Run again, it goes on with a run that was interrupted and reuses one that is finished.
#
#   scripts/quickstart.sh [RUN_FOLDER]        default: runs/quickstart beside this folder
#   scripts/quickstart.sh --demo [FOLDER]     trains nothing: samples from the weights in data/demo; default: runs/demo
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# The hour recipe's weights (data/demo/README.md): chains of 500 steps from noise, and how the first ones get there.
demo() {
  local folder=$1
  mkdir -p "$folder"
  "$root/scripts/setup.sh" apps/all
  step "Samples from noise, 500 steps" "$build/bin/cebm-sample" --run "$root/data/demo/fashion_mnist_cebm" --count 100 \
    --steps 500 --trace --out "$folder/noise.png"
  say ""
  say "Finished in $((SECONDS / 60)) min $((SECONDS % 60)) s: $folder/noise.png, $folder/noise_trace.png"
}

case ${1:-} in
  --demo)
    demo "${2:-$root/runs/demo}"
    exit 0
    ;;
  -h | --help)
    usage
    exit 0
    ;;
  -*)
    usage >&2
    exit 2
    ;;
esac
run=${1:-$root/runs/quickstart}
train=(--config "$root/configs/fashion_mnist_cebm_quick.yaml" --out "$run")
if [[ -e $run/config.yaml ]]; then
  say "$run holds a run already: going on with it (delete the folder to start anew)"
  train+=(--resume)
fi

"$root/scripts/setup.sh" apps/all
step "Training" "$build/bin/cebm-train" "${train[@]}"
step "Samples in the replay buffer" "$build/bin/cebm-sample" --run "$run" --init buffer --steps 0 \
  --out "$run/buffer.png"
step "Samples from noise, 500 steps" "$build/bin/cebm-sample" --run "$run" --init noise --steps 500 \
  --out "$run/noise.png"
step "Report" "$build/bin/cebm-eval" report --run "$run"

say ""
say "Finished in $((SECONDS / 60)) min $((SECONDS % 60)) s."
say "  samples, chains of the training   $run/buffer.png"
say "  samples, 500 steps from noise     $run/noise.png"
say "  report, open it in a browser      $run/report.html"
