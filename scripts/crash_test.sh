#!/usr/bin/env bash
# Kills small trainings at random moments, during checkpoint writes too, resumes them, and compares what they end with,
# byte for byte, with a training that was never interrupted.
#
#   scripts/crash_test.sh [KILLS [MODEL...]]   default: 200 kills shared by cebm cebmm igebm vae gmm_vae
#
# Needs cebm-train and slow_disk (cmake --build build --target cebm-train slow_disk) in build/ or $CEBM_PROGRAMS. Every other training has
# a slow disk preloaded, so that about half of the kills fall into the writing of files.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export CUDA_VISIBLE_DEVICES=-1  # what is promised bit for bit is promised on the CPU

kills=${1:-200}
models=("${@:2}")
[[ ${#models[@]} -gt 0 ]] || models=(cebm cebmm igebm vae gmm_vae)
programs=${CEBM_PROGRAMS:-$build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is compared: all that is not a wall-clock time, or drawn from one.
differences() {
  diff -rq -x timing.csv -x report.html -x .lock "$1" "$2"
}

# train MODEL DIRECTORY [FLAG...]: one process, on one thread, so that it has the moment of its death to itself.
train() {
  "$programs/bin/cebm-train" --config "$root/tests/configs/reliability/$1.yaml" --out "$2" --threads 1 -q "${@:3}" \
    >/dev/null 2>>"$work/log"
}

# kill_later PROCESS MILLISECONDS: whether it was still there to be killed.
kill_later() {
  sleep "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))"
  kill -KILL "$1" 2>/dev/null
}

crash() {
  local model=$1 wanted=$2 done=0 writing=0 compared=0 runs=0 milliseconds process start status
  start=$(date +%s%N)
  train "$model" "$work/$model-whole"
  milliseconds=$((($(date +%s%N) - start) / 1000000))
  while ((done < wanted)); do
    local run=$work/$model-run slow=()
    rm -rf "$run"
    # Two starts out of three are slow ones: they have the longer life to be killed in.
    while true; do
      slow=()
      ((RANDOM % 3 == 0)) || slow=(LD_PRELOAD="$programs/tests/bin/slow_disk.so" SLOW_DISK_US=4000)
      runs=$((runs + 1))
      env "${slow[@]}" "$programs/bin/cebm-train" --config "$root/tests/configs/reliability/$model.yaml" --out "$run" \
        --threads 1 -q --resume >/dev/null 2>>"$work/log" &
      process=$!
      if ((done < wanted)); then
        kill_later "$process" $((RANDOM * (milliseconds + 500) / 32768)) || true
      fi
      status=0
      wait "$process" 2>/dev/null || status=$?
      if ((status == 0)); then break; fi
      if ((status != 137)); then
        tail -n 5 "$work/log" >&2
        die "$model: a training ended with code $status"
      fi
      done=$((done + 1))
      if compgen -G "$run/checkpoints/.*tmp-*" >/dev/null; then writing=$((writing + 1)); fi
    done
    differences "$work/$model-whole" "$run" || die "$model: the resumed training differs"
    compared=$((compared + 1))
  done
  say "$model: $done kills in $runs starts, $writing of them inside a checkpoint; $compared trainings ended as the one never killed"
}

total=0
for index in "${!models[@]}"; do
  share=$(((kills - total) / (${#models[@]} - index)))
  total=$((total + share))
  crash "${models[index]}" "$share"
done
say "$total kills, no difference"
