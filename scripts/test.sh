#!/usr/bin/env bash
# Sets up, builds and runs every test. Arguments go to ctest: scripts/test.sh -R Gaussian, scripts/test.sh -L gpu.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/setup.sh" apps/all tests/all
find_cmake
"$ctest" --test-dir "$build" --output-on-failure --no-tests=error --parallel 2 "$@"
