#!/usr/bin/env bash
# Ends small trainings by SIGKILL and SIGHUP at random moments, during checkpoint writes too, and kills the reader of
# their log, which must not end them (SIGPIPE). Resumes them and compares the results, byte for byte, with those of an
# uninterrupted training.
#
#   scripts/crash_test.sh [ENDS [MODEL...]]   default: 200 ends shared by cebm cebmm igebm vae gmm_vae
#
# Needs cebm-train and slow_disk (cmake --build build --target cebm-train slow_disk) in build/ or $CEBM_PROGRAMS. Two
# trainings out of three run with slow_disk preloaded, which slows down writes, so that about half of them end while
# writing files.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export CUDA_VISIBLE_DEVICES=-1  # bit-for-bit equality is promised on the CPU only

[[ -z $(trap -p HUP) ]] || die "SIGHUP is ignored here, as under nohup: no training would hear it"
ends=${1:-200}
models=("${@:2}")
[[ ${#models[@]} -gt 0 ]] || models=(cebm cebmm igebm vae gmm_vae)
programs=${CEBM_PROGRAMS:-$build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Compares all files except the lock, those that depend on wall-clock time or the command line, and records of a start
# that ended before its first checkpoint, which the next start has renamed.
differences() {
  diff -rq -x timing.csv -x report.html -x run.json -x .lock -x '*.before_*.csv' "$1" "$2"
}

# start MODEL DIRECTORY: starts a training in the background, on one thread. Sets $process to its process id and $reader
# to that of the reader of its log.
start() {
  local slow=() pipe
  ((RANDOM % 3 == 0)) || slow=(LD_PRELOAD="$programs/tests/bin/slow_disk.so" SLOW_DISK_US=4000)
  exec {pipe}> >(exec cat >>"$work/log")
  reader=$!
  env "${slow[@]}" "$programs/bin/cebm-train" --config "$root/tests/configs/reliability/$1.yaml" --out "$2" \
    --threads 1 --resume >/dev/null 2>&"$pipe" {pipe}>&- &
  process=$!
  exec {pipe}>&-
}

pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
random() { echo $((RANDOM * $1 / 32768)); }

# disturb MILLISECONDS: sends, within that time, SIGKILL, or SIGHUP sometimes followed by SIGKILL, or kills the reader.
disturb() {
  pause "$(random "$1")"
  case $((RANDOM % 3)) in
    0) kill -KILL "$process" 2>/dev/null || true ;;
    1)
      kill -HUP "$process" 2>/dev/null || true
      if ((RANDOM % 3 == 0)); then
        pause "$(random 60)"
        kill -KILL "$process" 2>/dev/null || true
      fi
      ;;
    2)
      kill -KILL "$reader" 2>/dev/null || true
      if kill -0 "$process" 2>/dev/null; then unread=$((unread + 1)); fi
      # Half of the time the training itself is disturbed later.
      ((RANDOM % 2 == 0)) || disturb "$1"
      ;;
  esac
}

crash() {
  local model=$1 wanted=$2 killed=0 hung_up=0 unread=0 writing=0 compared=0 runs=0 milliseconds process reader begun status
  begun=$(date +%s%N)
  start "$model" "$work/$model-whole"
  wait "$process" || die "$model: a training that nothing ends ended with code $?"
  milliseconds=$((($(date +%s%N) - begun) / 1000000))
  while ((killed + hung_up < wanted)); do
    local run=$work/$model-run
    rm -rf "$run"
    while true; do
      runs=$((runs + 1))
      start "$model" "$run"
      if ((killed + hung_up < wanted)); then disturb $((milliseconds + 500)); fi
      status=0
      wait "$process" 2>/dev/null || status=$?
      case $status in
        0) break ;;
        129) hung_up=$((hung_up + 1)) ;;
        137) killed=$((killed + 1)) ;;
        *)
          tail -n 5 "$work/log" >&2
          die "$model: a training ended with code $status"
          ;;
      esac
      if compgen -G "$run/checkpoints/.step_*.tmp-*" >/dev/null; then writing=$((writing + 1)); fi
    done
    differences "$work/$model-whole" "$run" || die "$model: the resumed training differs"
    compared=$((compared + 1))
  done
  say "$model: $killed killed, $hung_up hung up, $unread without a reader in $runs starts, $writing ends inside a checkpoint; $compared trainings ended as the one never disturbed"
}

total=0
for index in "${!models[@]}"; do
  share=$(((ends - total) / (${#models[@]} - index)))
  total=$((total + share))
  crash "${models[index]}" "$share"
done
say "$total ends, no difference"
