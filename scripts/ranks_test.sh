#!/usr/bin/env bash
# Tests what docs/scale.md promises of trainings by several processes, on this machine's cores.
#
#   scripts/ranks_test.sh equal [STEPS]   the quick CEBM, CEBMM and VAE by 1, 2, 2 again and 4 ranks: the same bytes
#   scripts/ranks_test.sh kill [KILLS]    kill -9 of a random rank at a random moment under torchrun --max-restarts 3;
#                                         every run must end with the result of an undisturbed one (default 10 kills)
#   scripts/ranks_test.sh link            two network namespaces joined by a veth pair act as machines: cuts the link
#                                         during a training, restores it and resumes (needs root and iproute2)
#
# Needs cebm-train in build/, pgrep (procps), and for kill and link a torchrun: $CEBM_TORCHRUN, or the one in the path.
# The one in build/venv does not start, because torch is installed there without its Python dependencies.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export CUDA_VISIBLE_DEVICES=-1 OMP_NUM_THREADS=1
train=$build/bin/cebm-train
torchrun=${CEBM_TORCHRUN:-torchrun}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same() { python3 "$root/scripts/same_run.py" "$@"; }

equal() {
  local steps=$1 model ranks
  for model in cebm cebmm vae; do
    for ranks in 1 2 2b 4; do
      "$train" --config "fashion_mnist_${model}_quick" --set train.steps="$steps" --set train.log_every=10 \
        --ranks "${ranks%b}" --out "$work/$model-$ranks" --quiet >/dev/null
    done
    for ranks in 2 2b 4; do same "$work/$model-1" "$work/$model-$ranks"; done
  done
}

# Arguments of a training that takes some seconds.
small=(--config "$root/tests/configs/reliability/cebm.yaml" --set train.steps=120 --set train.batch_size=64
  --set buffer.size=81 --set checkpoint.every=8 --quiet --rank-timeout 20)

kill_test() {
  local wanted=$1 run restarts agent ranks whole kills=0 status
  local begun=$SECONDS
  "$torchrun" --standalone --no-python --nproc-per-node 2 "$train" "${small[@]}" --out "$work/whole" \
    >"$work/log" 2>&1 || die "a training that nothing ends failed: $(tail -n 5 "$work/log")"
  whole=$((SECONDS - begun + 1))
  for ((run = 1; kills < wanted; ++run)); do
    rm -rf "$work/run"
    "$torchrun" --standalone --no-python --nproc-per-node 2 --max-restarts 3 --monitor-interval 0.1 \
      "$train" "${small[@]}" --out "$work/run" >"$work/log" 2>&1 &
    agent=$!
    for ((restarts = RANDOM % 3 + 1; restarts > 0; --restarts)); do
      sleep "$((RANDOM % whole)).$((RANDOM % 10))"
      mapfile -t ranks < <(pgrep -P "$agent" -x cebm-train || true)
      ((${#ranks[@]} > 0)) || continue
      if kill -KILL "${ranks[RANDOM % ${#ranks[@]}]}" 2>/dev/null; then kills=$((kills + 1)); fi
    done
    status=0
    wait "$agent" || status=$?
    ((status == 0)) || die "run $run ended with code $status: $(tail -n 15 "$work/log")"
    same "$work/whole" "$work/run" >"$work/differences" || die "run $run differs: $(cat "$work/differences")"
    say "run $run: the same; $kills of $wanted ranks killed so far"
  done
  say "$((run - 1)) runs, $kills ranks killed: all ended as the one that nothing disturbed"
}

on_link() { ip netns exec "cebm$1" "${@:2}"; }

# machine NUMBER DIRECTORY [FLAG...]: starts torchrun on one of the two, in the background.
machine() {
  on_link "$1" env GLOO_SOCKET_IFNAME=veth "$torchrun" --no-python --nnodes 2 --nproc-per-node 1 --rdzv-backend static \
    --node-rank "$1" --master-addr 10.77.0.1 --master-port 29577 \
    "$train" "${small[@]}" "${@:3}" --out "$2" >"$work/machine$1.log" 2>&1 &
}

link_test() {
  local n status0 status1 begun process0
  for n in 0 1; do ip netns add "cebm$n"; done
  trap 'ip netns del cebm0; ip netns del cebm1; rm -rf "$work"' EXIT
  ip link add veth netns cebm0 type veth peer name veth netns cebm1
  for n in 0 1; do
    on_link "$n" ip addr add "10.77.0.$((n + 1))/24" dev veth
    on_link "$n" ip link set veth up
    on_link "$n" ip link set lo up
  done
  machine 0 "$work/whole"
  process0=$!
  machine 1 "$work/whole"
  wait "$process0" || die "two machines: $(tail -n 15 "$work/machine0.log")"
  wait "$!" || die "two machines: $(tail -n 15 "$work/machine1.log")"
  "$train" "${small[@]}" --out "$work/one" >/dev/null
  same "$work/one" "$work/whole"

  machine 0 "$work/run"
  process0=$!
  machine 1 "$work/run"
  until compgen -G "$work/run/checkpoints/step_*[0-9]" >/dev/null; do sleep 0.1; done
  sleep 1
  on_link 0 ip link set veth down
  begun=$SECONDS
  status0=0 status1=0
  wait "$process0" || status0=$?
  wait "$!" || status1=$?
  say "the link was cut: codes $status0 and $status1 after $((SECONDS - begun)) s"
  grep -h "another rank has ended" "$work"/machine?.log | head -n 2
  ((status0 == 1 && status1 == 1)) || die "expected code 1 of both: $(tail -n 15 "$work"/machine?.log)"
  on_link 0 ip link set veth up
  machine 0 "$work/run" --resume
  process0=$!
  machine 1 "$work/run" --resume
  wait "$process0" || die "the link was restored: $(tail -n 15 "$work/machine0.log")"
  wait "$!" || die "the link was restored: $(tail -n 15 "$work/machine1.log")"
  same "$work/whole" "$work/run"
}

case ${1:-} in
  equal) equal "${2:-50}" ;;
  kill) kill_test "${2:-10}" ;;
  link) link_test ;;
  *) die "expected equal, kill or link; see the head of $0" ;;
esac
