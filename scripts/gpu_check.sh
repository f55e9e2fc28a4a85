#!/usr/bin/env bash
# On a machine with a GPU: sets up, builds, runs every test with the label gpu and the benchmarks on the GPU, and writes
# one Markdown file with the machine, the versions and the results. Without a GPU it goes as far as it can and says so.
#
#   scripts/gpu_check.sh [REPORT.md]        default: build/gpu_check.md
#
# Exit status: 0 if there is a GPU and everything that was run passed, 1 otherwise.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

report=${1:-$build/gpu_check.md}
tests_log=$build/gpu_tests.log
bench_log=$build/gpu_bench.log
mkdir -p "$build" "$(dirname "$report")"
: >>"$report" || die "cannot write $report"

gpus=$({ nvidia-smi --query-gpu=name,compute_cap,memory.total,driver_version --format=csv,noheader 2>/dev/null || true; })
[[ -n $gpus ]] || say "No GPU was found (nvidia-smi lists none): the tests will be skipped, and the report will say so."

# How many tests ended so: the time tells these lines from the summary's.
ended() { grep -cE "\[ +$1 +\] .* ms\)\$" "$tests_log" || true; }

run_tests() {
  find_cmake
  tests_status=0
  "$ctest" --test-dir "$build" -L gpu --verbose --no-tests=error >"$tests_log" 2>&1 || tests_status=$?
  failed=$(ended FAILED)
  skipped=$(ended SKIPPED)
  passed=$(ended OK)
  say "    passed $passed, failed $failed, skipped $skipped (log: $tests_log)"
}

# Sets bench to what became of the benchmarks, bench_status to 0 unless they failed.
run_benchmarks() {
  bench_status=0
  : >"$bench_log"
  if [[ -z $gpus ]]; then
    bench="not run: no GPU"
  elif [[ ! -x $build/bin/cebm-bench ]]; then
    bench="not run: this version has no cebm-bench"
  else
    "$build/bin/cebm-bench" --device cuda >"$bench_log" 2>&1 || bench_status=$?
    bench="exit status $bench_status"
  fi
  say "    $bench"
}

verdict() {
  if [[ -z $gpus ]]; then
    say "**No GPU was found on this machine: nothing below has run on one.**"
  elif [[ $passed -eq 0 || $skipped -gt 0 ]]; then
    say "**There is a GPU, but the tests did not use it**: the programs were built without CUDA, or LibTorch does not see it."
  elif [[ $tests_status -ne 0 || $bench_status -ne 0 ]]; then
    say "**Failed**: see below."
  else
    say "**Passed on a GPU.**"
  fi
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

row() { say "| $1 | ${2:-unknown} |"; }
code_block() {
  say '```'
  cat "$1"
  say '```'
}

nvcc_version() {
  local nvcc
  nvcc=$(cached CMAKE_CUDA_COMPILER)
  if [[ -n $nvcc ]]; then "$nvcc" --version | sed -n 's/.*release //p'; else say "none: built for the CPU only"; fi
}

libtorch_version() {
  sed -n 's/.*TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) \+\([0-9]\+\)$/\2/p' \
    "$(cached LibTorch_INCLUDE)/torch/headeronly/version.h" | paste -sd. -
}

write_report() {
  say "# GPU check, $(date -u '+%Y-%m-%d %H:%M UTC')"
  say ""
  verdict
  say ""
  say "| | |"
  say "| --- | --- |"
  row "GPU (name, compute capability, memory, driver)" "$(paste -sd '|' <<<"${gpus:-none}" | sed 's/|/<br>/g')"
  row "processor" "$(sed -n '/^model name/ {s/.*: //p; q}' /proc/cpuinfo), $(nproc) threads"
  row "system" "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), Linux $(uname -r)"
  row "cebm" "$(git -C "$root" describe --always --dirty 2>/dev/null || true)"
  row "LibTorch" "$(libtorch_version || true)"
  row "CUDA compiler" "$(nvcc_version)"
  row "C++ compiler" "$("$(cached CMAKE_CXX_COMPILER)" --version | head -n 1)"
  say ""
  say "## Tests with the label gpu"
  say ""
  say "Passed $passed, failed $failed, skipped $skipped."
  say ""
  code_block "$tests_log"
  say ""
  say "## Benchmarks (\`cebm-bench --device cuda\`)"
  say ""
  say "${bench^}."
  if [[ -s $bench_log ]]; then
    say ""
    code_block "$bench_log"
  fi
}

"$root/scripts/setup.sh" apps/all benchmarks/all gpu_tests
step "Tests with the label gpu" run_tests
step "Benchmarks on the GPU" run_benchmarks
write_report >"$report.part"
mv "$report.part" "$report"
say ""
verdict
say "Report: $report"
[[ -n $gpus && $passed -gt 0 && $skipped -eq 0 && $tests_status -eq 0 && $bench_status -eq 0 ]]
