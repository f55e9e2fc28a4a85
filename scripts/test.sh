#!/usr/bin/env bash
# Sets up, builds and runs every test.
#
#   scripts/test.sh [--filter PATTERN] [CTEST ARGUMENT]...
#
#   scripts/test.sh --filter 'Gaussian*:Idx.*'     tests whose names match a pattern of GoogleTest
#   scripts/test.sh -R io_tests                    one program of tests
#   scripts/test.sh -L gpu                         those that need a GPU
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

log=$build/Testing/Temporary/LastTest.log
if [[ ${1:-} == --filter ]]; then
  [[ $# -ge 2 ]] || die "--filter needs a pattern, for example 'Gaussian*'"
  export GTEST_FILTER=$2
  set -- --exclude-regex '^Corpus\.' "${@:3}"
fi

"$root/scripts/setup.sh" apps/all tests/all
find_cmake
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}  # tests that need more threads set them
"$ctest" --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(processors)" "$@"
if [[ -n ${GTEST_FILTER:-} ]]; then
  grep -E '^\[ +(OK|SKIPPED) +\] .* ms\)$' "$log" || die "no test has a name like $GTEST_FILTER"
fi
