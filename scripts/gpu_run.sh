#!/usr/bin/env bash
# On a machine with a GPU: runs the tests that need one, short trainings on GPU and CPU, the benchmarks and
# compute-sanitizer, continues after failures, and writes one report. In a source tree it sets up and builds first. In
# the bundle of scripts/gpu_bundle.sh it needs no network, compiler or package, but Python with torch of the bundle's
# version.
#
#   scripts/gpu_run.sh OUT          report: OUT/gpu_report.md, its parts as OUT/gpu_report.json; logs, pictures and
#                                   results beside them
#
# Environment:  GPU_VENV=FOLDER   of the Python environment with torch, in a bundle; default: the python3 in the path
#               GPU_TORCH=FOLDER  the folder torch itself, in a bundle
#               GPU_SECONDS=N     time in all, without building; default 450. Parts have time limits and run in order of
#                                 importance; the report lists those that were left out for lack of time
#
# Exit status: 0 if there is a GPU and all parts passed, 1 otherwise.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -eq 1 ]] || die "expected one argument, the folder for the report"
mkdir -p "$1"
out=$(cd "$1" && pwd -P)
[[ -z $(ls -A "$out") ]] || die "expected a new or an empty folder, found files in $out"
report=$out/gpu_report.md
parts=''        # rows of the report
usable=unknown  # whether the programs see a GPU: yes, no
gpus=$(nvidia-smi --query-gpu=name,compute_cap,memory.total,driver_version --format=csv,noheader 2>/dev/null) || gpus=''

# The folder of the torch to run with. find_spec does not import it.
find_torch() {
  local find='
import importlib.util
found = importlib.util.find_spec("torch")
print(found.submodule_search_locations[0] if found else "")'
  if [[ -n ${GPU_TORCH:-} ]]; then
    say "$GPU_TORCH"
  else
    "$python" -c "$find"
  fi
}

use_bundle() {
  bin=$root/bin tests=$root/bin configs=$root/share/cebm/configs
  python=${GPU_VENV:+$GPU_VENV/bin/}python3
  torch=$(find_torch) || true
  [[ -e $torch/lib/libtorch_cuda.so ]] ||
    die "no LibTorch with CUDA in '$torch': set GPU_VENV to a Python environment with torch, or GPU_TORCH to torch's folder"
  local folder path=$torch/lib
  for folder in "$torch"/../nvidia/*/lib; do path+=:$folder; done
  programs=(env "LD_LIBRARY_PATH=$path:$root/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}")
}

use_tree() {
  bin=$build/bin tests=$build/tests/bin configs=$root/configs python=$venv/bin/python3
  "$root/scripts/setup.sh" apps/all benchmarks/all kernels_tests cuda_on_cpu_tests gpu_tests
  torch=$(cached LIBTORCH_PREFIX)
  programs=(env)
}

# part NAME SECONDS COMMAND...: runs one of our programs for at most SECONDS, with its output in OUT/NAME.log, and notes
# the result. Sets status to 0 if it passed.
part() {
  local name=$1 limit=$2 start=$SECONDS left=$((deadline - SECONDS)) result=passed
  ((limit <= left)) || limit=$left
  if ((left < 5)); then
    status=-1
    note "$name" "left out: no time" ""
    return
  fi
  status=0
  timeout --kill-after=5 "$limit" "${programs[@]}" "${@:3}" >"$out/$name.log" 2>&1 || status=$?
  case $status in
    0) ;;
    124 | 137) result="**stopped after $limit s**" ;;
    *) result="**failed** (status $status)" ;;
  esac
  note "$name" "$result" $((SECONDS - start))
}

# note NAME RESULT SECONDS: adds a row to the report and rewrites it.
note() {
  local log=''
  [[ ! -e $out/$1.log ]] || log="[$1.log]($1.log)"
  say "    $1: ${2//\*/}${3:+, $3 s}"
  parts+="| $1 | $2 | $3 | $log |"$'\n'
  write_report
}

count() { grep -cE "$1" "$2" || true; }
passed() { count '^\[       OK \]' "$1"; }
failed() { count '^\[  FAILED  \] .* \([0-9]+ ms\)' "$1"; }
skipped() { count '^\[  SKIPPED \] .* \([0-9]+ ms\)' "$1"; }

# Tests of a program that its log lists neither as passed nor as skipped.
tests_left() {
  timeout 60 "${programs[@]}" "$1" --gtest_list_tests | awk '/^[^ ].*\./ {suite = $1} /^  / {print suite $1}' | sort |
    comm -23 - <(sed -nE 's/^\[ +(OK|SKIPPED) \] (\S+) .*/\2/p' "$2" | sort -u)
}

run_tests() {
  local file name
  for file in "$tests"/*_gpu_tests; do
    name=${file##*/}
    part "$name" 150 "$file" --gtest_output="xml:$out/$name.xml"
  done
}

# A failing kernel can make all later tests of its process fail, so failed tests run again in processes of their own.
run_failed_tests_alone() {
  local file log test
  for file in "$tests"/*_gpu_tests; do
    log=$out/${file##*/}.log
    for test in $(tests_left "$file" "$log" | head -n 8); do
      part "alone_${test//\//-}" 30 "$file" --gtest_filter="$test"
    done
  done
}

# train NAME DEVICE [SETTING...]: 20 steps on images that need no files, then a picture of its chains after 40 more
# steps.
train() {
  local run=$out/train_$1 setting
  local settings=(data=constant train.steps=20 train.log_every=1 train.sample_every=20 buffer.size=500)
  local flags=()
  for setting in "${settings[@]}" "${@:3}"; do flags+=(--set "$setting"); done
  part "train_$1" 60 "$bin/cebm-train" --config fashion_mnist_cebm_quick.yaml --device "$2" --out "$run" "${flags[@]}"
  [[ $status -ne 0 ]] ||
    part "sample_$1" 30 "$bin/cebm-sample" --run "$run" --device "$2" --init buffer --steps 40 --count 16 \
      --out "$out/sample_$1.png"
}

# resume DEVICE STEPS: trains for STEPS steps, and again with a stop in the middle; both have to end with the same bytes.
resume() {
  local step name half=$(($2 / 2)) bad=''
  local train=("$bin/cebm-train" --config fashion_mnist_cebm_quick.yaml --device "$1" --set data=constant
    --set buffer.size=500 --set "train.log_every=$half" --set "checkpoint.every=$half")
  part resume_whole 60 "${train[@]}" --out "$out/resume_whole" --set "train.steps=$2"
  [[ $status -ne 0 ]] || part resume_half 40 "${train[@]}" --out "$out/resume_half" --set "train.steps=$half"
  [[ $status -ne 0 ]] || part resume_rest 40 "${train[@]}" --out "$out/resume_half" --resume --set "train.steps=$2"
  [[ $status -eq 0 ]] || return 0
  step=checkpoints/$(printf 'step_%09d' "$2")
  for name in model optimizer objective; do
    cmp -s "$out/resume_whole/$step/$name.safetensors" "$out/resume_half/$step/$name.safetensors" || bad+=" $name"
  done
  if [[ -z $bad ]]; then
    note resume_same_bytes passed ""
  else
    note resume_same_bytes "**differ:$bad**" ""
  fi
}

# evaluate DEVICE: scores of the training's model on drawn images.
evaluate() {
  [[ ! -e $out/resume_whole/config.yaml ]] || part evaluate 60 "$bin/cebm-eval" ood --run "$out/resume_whole" \
    --device "$1" --data-option limit=1000 --set 'sets=[noise]' --out "$out/ood"
}

# compare NAME DEVICE SECONDS [FLAG...]: the sampler against PyTorch's, on the same machine and in turns.
compare() {
  local script=$root/benchmarks/compare_pytorch.py
  # The torch of a source tree is installed without the packages that Python needs for it.
  if ! timeout 60 "${programs[@]}" "$python" -c 'import torch' 2>"$out/import_torch.log"; then
    note "$1" "not run: $python cannot import torch" ""
    return
  fi
  part "$1" "$3" "$python" "$script" --bench "$bin/cebm-bench" --device "$2" --json "$out/$1.json" "${@:4}"
}

# The programs go on without recordings where these fail, so a part that passed does not say that they work.
look_for_recordings() {
  local found
  readarray -t found < <(cd "$out" && grep -l 'could not be recorded' {train,resume}_*.log)
  if [[ ${#found[@]} -gt 0 ]]; then
    note recordings "**failed: see ${found[*]}**" ""
  else
    note recordings passed ""
  fi
}

# Where a GPU's time goes in 20 training steps, by Nsight Systems.
profile() {
  local nsys
  if ! nsys=$(PATH=$PATH:/usr/local/cuda/bin command -v nsys); then
    note profile "not run: no nsys" ""
    return
  fi
  part profile 60 "$nsys" profile --stats=true --cuda-graph-trace=node --force-overwrite=true \
    --output="$out/profile" "$bin/cebm-train" --config fashion_mnist_cebm_quick.yaml --device cuda \
    --out "$out/profile_run" --set data=constant --set train.steps=20 --set buffer.size=500
}

# sanitize TOOL SECONDS FILTER: runs without PyTorch's memory cache, so that accesses beyond a tensor's end are found.
sanitize() {
  local sanitizer
  if ! sanitizer=$(PATH=$PATH:/usr/local/cuda/bin command -v compute-sanitizer); then
    note "$1" "not run: no compute-sanitizer" ""
    return
  fi
  part "$1" "$2" env PYTORCH_NO_CUDA_MEMORY_CACHING=1 "$sanitizer" --tool "$1" --error-exitcode 9 \
    "$tests/engine_gpu_tests" --gtest_filter="$3"
}

# Sets usable. The first start also reads some gigabytes of libraries.
look_for_gpu() {
  part first_start 120 "$tests/engine_gpu_tests" --gtest_filter=Gpu.IsDescribedByNameAndComputeCapability
  usable=yes
  [[ $(skipped "$out/first_start.log") -eq 0 ]] || usable=no
}

run_on_gpu() {
  run_tests
  train gpu cuda
  train gpu_bfloat16 cuda sampler.precision=bfloat16
  resume cuda 200
  look_for_recordings
  part bench 80 "$bin/cebm-bench" --device cuda --precision float32,tf32,bfloat16 --json "$out/bench.json"
  evaluate cuda
  train cpu cpu
  run_failed_tests_alone
  compare compare_pytorch cuda 120 --networks authors_28,paper_32
  sanitize memcheck 90 'Gpu.Fills*:GpuEngine.ComputesActivations*:GpuEngine.ClipsByTheNorm*'
  sanitize racecheck 45 'GpuEngine.ClipsByTheNorm*'
  profile
  compare compare_autotuned cuda 150 --networks authors_28 --compile-mode max-autotune
}

run_on_cpu() {
  local name
  for name in gpu_tests train_gpu bench memcheck racecheck profile; do note "$name" "not run: no GPU" ""; done
  train cpu cpu
  resume cpu 20
  evaluate cpu
  compare compare_pytorch cpu 60 --networks authors_28 --batch 16 --steps 10 --rounds 1 --no-compile
}

failed_parts() { sed -nE 's/^\| (\S+) \| \*\*.*/\1/p' <<<"$parts"; }

verdict() {
  local bad
  bad=$(failed_parts | paste -sd, - | sed 's/,/, /g')
  if [[ $usable == no && -n $gpus ]]; then
    say "**There is a GPU, but the programs do not use it**: they were built without CUDA, or LibTorch does not see it."
  elif [[ $usable == no ]]; then
    say "**No GPU was found on this machine: nothing below has run on one.**"
  elif [[ -z $bad && $parts == *'| left out'* ]]; then
    say "**What there was time for passed on a GPU.**"
  elif [[ -z $bad ]]; then
    say "**Passed on a GPU.**"
  fi
  [[ -z $bad ]] || say "**Failed: $bad.**"
}

code_block() {
  say '```'
  cat "$1"
  say '```'
}

machine() {
  say "| | |"
  say "| --- | --- |"
  row "GPU (name, compute capability, memory, driver)" "$(paste -sd '|' - <<<"${gpus:-none}" | sed 's/|/<br>/g')"
  row "processor" "$(sed -n '/^model name/ {s/.*: //p; q}' /proc/cpuinfo), $(processors) threads"
  row "system" "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), Linux $(uname -r), C library $(
    ldd --version | sed -n '1s/.* //p'
  )"
  row "LibTorch here" "$(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$torch/version.py") in $torch"
  if [[ -e $root/build.md ]]; then cat "$root/build.md"; else build_rows; fi
}

report_tests() {
  local log bad
  for log in "$out"/*_tests.log; do
    [[ -e $log ]] || continue
    bad=$(count '^\[ RUN ' "$log")
    bad=$((bad - $(passed "$log") - $(failed "$log") - $(skipped "$log")))
    say ""
    say "## $(basename "$log" .log)"
    say ""
    say "Passed $(passed "$log"), failed $(failed "$log"), skipped $(skipped "$log"), unfinished $bad."
    say ""
    [[ $bad -le 0 ]] || say "* ended in: $(sed -nE 's/^\[ RUN      \] //p' "$log" | tail -n 1)"
    # shellcheck disable=SC2016  # Markdown's quotes
    sed -nE 's/^\[  FAILED  \] (.*) \([0-9]+ ms\)$/* failed: `\1`/p' "$log"
  done
}

# The mean energy of the chains after every step, a column for each training: the same noise, nearly the same numbers.
report_trainings() {
  local runs=("$out"/train_*/metrics.csv) picture
  [[ -e ${runs[0]} ]] || return 0
  say ""
  say "## 20 training steps: mean energy of the chains"
  say ""
  awk -F, 'FNR == 1 {
      split(FILENAME, path, "/"); name = path[length(path) - 1]
      head = head " " name " |"; rule = rule " ---: |"
      for (i = 1; i <= NF; i++) if ($i == "energy_model") column = i
      next
    }
    {if (!($1 in row)) order[++n] = $1; row[$1] = row[$1] " " $column " |"}
    END {
      print "| step |" head "\n| ---: |" rule
      for (i = 1; i <= n; i++) print "| " order[i] " |" row[order[i]]
    }' "${runs[@]}"
  say ""
  for picture in "$out"/sample_*.png; do
    [[ ! -e $picture ]] || say "![${picture##*/}](${picture##*/}) ${picture##*/}"
  done
}

# report_log NAME TITLE: the end of a part's log, if there is one.
report_log() {
  [[ -s $out/$1.log ]] || return 0
  say ""
  say "## $2"
  say ""
  tail -n 80 "$out/$1.log" | code_block -
}

# The last lines of the logs of parts that failed.
report_failures() {
  local name
  for name in version $(failed_parts | grep -vx version); do
    [[ -s $out/$name.log ]] || continue
    say ""
    say "## End of $name.log"
    say ""
    tail -n 40 "$out/$name.log" | code_block -
  done
}

write_report() {
  {
    say "# GPU report, $(date -u '+%Y-%m-%d %H:%M UTC')"
    say ""
    verdict
    say ""
    machine
    say ""
    say "| part | result | s | log |"
    say "| --- | --- | ---: | --- |"
    printf %s "$parts"
    report_tests
    report_trainings
    report_log bench "Benchmarks (cebm-bench)"
    report_log compare_pytorch "The sampler against PyTorch's"
    report_log compare_autotuned "The same with max-autotune"
    report_failures
  } >"$report.part"
  mv "$report.part" "$report"
  write_json
}

# The same parts for programs to read.
write_json() {
  local gpu
  case $usable in
    yes) gpu=true ;;
    no) gpu=false ;;
    *) gpu=null ;;
  esac
  {
    printf '{"gpu": %s, "parts": [' "$gpu"
    printf %s "$parts" | tr -d '*' |
      sed -nE 's/^\| (\S+) \| (.*) \| ([0-9]*) \| .*/{"name": "\1", "result": "\2", "seconds": \3}/p' |
      sed 's/"seconds": }/"seconds": null}/' | paste -sd, -
    printf ']}\n'
  } >"$out/gpu_report.json.part"
  mv "$out/gpu_report.json.part" "$out/gpu_report.json"
}

if [[ -x $root/scripts/setup.sh ]]; then use_tree; else use_bundle; fi
deadline=$((SECONDS + ${GPU_SECONDS:-450}))
part version 60 "$bin/cebm-train" --version
look_for_gpu
if [[ $usable == yes ]]; then
  run_on_gpu
else
  run_on_cpu
fi
part kernels_tests 60 "$tests/kernels_tests"
part cuda_on_cpu_tests 60 env "CEBM_TEST_CONFIGS=$configs" "$tests/cuda_on_cpu_tests"
say ""
verdict
say "Report: $report"
[[ $usable == yes && -z $(failed_parts) ]]
