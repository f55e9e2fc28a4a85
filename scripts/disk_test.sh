#!/usr/bin/env bash
# Trains on a disk that is full and in a folder that becomes read-only, with both settings of checkpoint.on_failure, and
# checks exit codes, messages and that nothing earlier is lost. Mounts a small tmpfs: needs root.
#
#   scripts/disk_test.sh
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export CUDA_VISIBLE_DEVICES=-1  # bit-for-bit equality is promised on the CPU only

[[ $EUID -eq 0 ]] || die "expected root, for mount"
work=$(mktemp -d)
chmod 755 "$work"  # for the training that runs as nobody
disk=$work/disk
mkdir "$disk"
clean_up() {
  mountpoint -q "$disk" && umount "$disk"
  rm -rf "$work"
}
trap clean_up EXIT

config=$root/tests/configs/reliability/cebm.yaml
# train FLAG...: prints the exit code; messages go to $work/log.
train() {
  local status=0
  "$build/bin/cebm-train" --config "$config" --out "$disk/run" --threads 1 "$@" >/dev/null 2>"$work/log" || status=$?
  echo "$status"
}
newest() { find "$disk/run/checkpoints" -maxdepth 1 -name 'step_*' -printf '%f\n' | sort | tail -n 1; }

# expect WHAT ACTUAL EXPECTED
expect() {
  [[ $2 == "$3" ]] || {
    tail -n 5 "$work/log" >&2
    die "$1: expected $3, found $2"
  }
}
expect_message() { grep -q -- "$1" "$work/log" || die "no message like '$1': $(tail -n 3 "$work/log")"; }

# fill: leaves 20 KiB on the disk.
fill() { head -c "$(($(df --output=avail -B1 "$disk" | tail -n 1) - 20480))" /dev/zero >"$disk/ballast"; }

fresh_disk() {
  mountpoint -q "$disk" && umount "$disk"
  mount -t tmpfs -o size=4m tmpfs "$disk"
}

full_disk_stops() {
  fresh_disk
  expect "training to step 40" "$(train --set train.steps=40)" 0
  fill
  expect "training on a full disk" "$(train --set train.steps=80 --resume)" 1
  expect_message "does not fit\|No space left"
  say "    stop: $(tail -n 1 "$work/log" | cut -c1-200)"
  expect "the newest checkpoint" "$(newest)" step_000000040
  rm "$disk/ballast"
  expect "resuming with room again" "$(train --set train.steps=80 --resume)" 0
  expect_message "resumed at step 40"
  expect "the last checkpoint" "$(newest)" step_000000080
}

full_disk_continues() {
  fresh_disk
  local process
  expect "training to step 40" "$(train --set train.steps=40)" 0
  fill
  train --set train.steps=600 --set checkpoint.on_failure=continue --resume >"$work/code" &
  process=$!
  until grep -q "going on without checkpoints" "$work/log" 2>/dev/null; do
    kill -0 "$process" 2>/dev/null || die "ended early: $(tail -n 3 "$work/log")"
    sleep 0.05
  done
  say "    continue: $(grep -m 1 "going on without checkpoints" "$work/log" | cut -c1-200)"
  rm "$disk/ballast"
  wait "$process"
  expect "going on until there is room" "$(<"$work/code")" 0
  expect "the last checkpoint" "$(newest)" step_000000600
  mv "$disk/run" "$work/found"
  expect "the same without a full disk" "$(train --set train.steps=600)" 0
  cmp "$work/found/metrics.csv" "$disk/run/metrics.csv"
  diff -r "$work/found/checkpoints/step_000000600" "$disk/run/checkpoints/step_000000600" -x config.yaml -x manifest.json
}

read_only_folder() {
  fresh_disk
  expect "training to step 40" "$(train --set train.steps=40)" 0
  mount -o remount,ro "$disk"
  expect "training in a read-only folder" "$(train --set train.steps=80 --resume)" 1
  expect_message "Read-only file system"
  say "    read-only: $(tail -n 1 "$work/log" | cut -c1-200)"
  mount -o remount,rw "$disk"
  expect "the newest checkpoint" "$(newest)" step_000000040
}

# Makes the folder of checkpoints read-only during a training that runs as nobody, since root may write anywhere.
read_only_while_training() {
  local setting=$1 wanted=$2 status=0 process
  fresh_disk
  chmod 777 "$disk"
  setpriv --reuid=65534 --clear-groups "$build/bin/cebm-train" --config "$config" --out "$disk/run" --threads 1 \
    --set train.steps=600 --set "checkpoint.on_failure=$setting" >/dev/null 2>"$work/log" &
  process=$!
  until [[ -d $disk/run/checkpoints/step_000000040 || ! -d /proc/$process ]]; do sleep 0.01; done
  chmod 555 "$disk/run/checkpoints"
  local before
  before=$(newest)
  if [[ $setting == continue ]]; then
    until grep -q "going on without checkpoints" "$work/log" || [[ ! -d /proc/$process ]]; do sleep 0.01; done
    chmod 777 "$disk/run/checkpoints"
  fi
  wait "$process" || status=$?
  expect "a read-only folder of checkpoints with $setting" "$status" "$wanted"
  expect_message "Permission denied"
  [[ -n $before && -d $disk/run/checkpoints/$before || $setting == continue ]] || die "lost $before"
  say "    read-only while training, $setting: $(grep -m 1 "Permission denied" "$work/log" | cut -c1-200)"
}

step "A full disk, checkpoint.on_failure stop" full_disk_stops
step "A full disk, checkpoint.on_failure continue" full_disk_continues
step "A read-only folder" read_only_folder
step "A folder that becomes read-only, stop" read_only_while_training stop 1
step "A folder that becomes read-only, continue" read_only_while_training continue 0
