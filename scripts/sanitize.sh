#!/usr/bin/env bash
# The library's own code under the address and undefined-behaviour sanitizers (LibTorch as it is): its tests, then
# every fuzzer for a while. Builds into build-fuzz/; inputs that fail are left in build-fuzz/findings/.
#
#   scripts/sanitize.sh [SECONDS [FUZZER]...]     time for each fuzzer, default 12; which ones, default all
#
# Environment:  FUZZ_SEED=N   default 1, so that the same tree meets the same inputs; 0 takes another one every time
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"
seconds=${1:-12} seed=${FUZZ_SEED:-1}
tree=$root/build-fuzz
tests=(kernels cuda_on_cpu base core bias encoders engine samplers data io fetch)
# Averages over so many draws that they take minutes here; other tests run the same code.
left_out='*/EveryFamily.DrawsHaveItsMomentsAndSufficientStatistics/*:HmcTransition.ReachesTheMoments*'
readarray -t fuzzers < <(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
[[ $# -lt 2 ]] || fuzzers=("${@:2}")

# Only libFuzzer looks for leaks: LibTorch never frees what it allocates when it is loaded. libFuzzer saves an input
# that ends in abort().
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1

build_all() {
  local jobs
  jobs=$(processors)
  "$cmake" --preset fuzz >"$build/configure-fuzz.log" 2>&1 || {
    cat "$build/configure-fuzz.log" >&2
    exit 1
  }
  "$cmake" --build "$tree" --parallel "${CEBM_JOBS:-$jobs}" --target fuzzers "${tests[@]/%/_tests}"
}

run_tests() {
  local names
  names=$(IFS='|' && echo "${tests[*]}")
  GTEST_FILTER="-$left_out" OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} "$ctest" --test-dir "$tree" --output-on-failure \
    --no-tests=error --parallel "$(processors)" -R "^($names)_tests(_[0-9]+)?\$"
}

# The inputs that a fuzzer finds are kept in build-fuzz/corpus and used the next time.
fuzz() {
  local name=$1 log=$tree/findings/$1.log
  mkdir -p "$tree/corpus/$name" "$tree/findings"
  if ! ASAN_OPTIONS=detect_leaks=1 "$tree/tests/bin/fuzz_$name" -seed="$seed" -max_total_time="$seconds" -max_len=4096 \
    -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$tree/findings/$name-" \
    "$tree/corpus/$name" "$root/tests/fuzz/corpus/$name" >"$log" 2>&1; then
    tail -n 40 "$log"
    return 1
  fi
  printf '    %-20s %s inputs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")"
}

run_fuzzers() {
  export -f fuzz
  export tree root seconds seed
  # shellcheck disable=SC2016  # the inner shell expands it
  printf '%s\0' "${fuzzers[@]}" | xargs -0 -n 1 -P "$(processors)" bash -c 'fuzz "$1"' _
}

"$root/scripts/setup.sh" cebm
find_cmake
install_packages libclang-rt-14-dev
step "Building with sanitizers" build_all
step "Tests with sanitizers" run_tests
step "Fuzzers, $seconds s each" run_fuzzers
