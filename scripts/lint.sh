#!/usr/bin/env bash
# Checks the form of the sources: clang-format, shellcheck, and with --tidy also clang-tidy (slow: LibTorch's headers).
#
#   scripts/lint.sh [--tidy [FILE.cpp]...]     files: default all of the library and programs; needs a built build/
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

# Another version formats differently; where version 14 is not packaged, the formatting is not checked.
check_format() {
  if ! install_packages clang-format-14; then
    say "    skipped: no clang-format 14"
    return
  fi
  git ls-files -z -- '*.h' '*.cpp' '*.cu' '*.cuh' | xargs -0 clang-format-14 --dry-run -Werror
}

check_scripts() {
  install_packages shellcheck
  shellcheck -x scripts/*.sh .ci/run
}

# The precompiled header is g++'s: clang reads the headers themselves.
check_tidy() {
  install_packages clang-tidy-14
  local database=$build/tidy files=("$@")
  mkdir -p "$database"
  sed -E 's/-Winvalid-pch//; s/-include [^ ]*cmake_pch\.hxx//' "$build/compile_commands.json" \
    >"$database/compile_commands.json"
  [[ $# -gt 0 ]] || readarray -t files < <(git ls-files 'src/*.cpp' 'apps/*.cpp')
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p "$database"
}

mkdir -p "$build"
step "Formatting (clang-format 14)" check_format
step "Shell scripts (shellcheck)" check_scripts
if [[ ${1:-} == --tidy ]]; then
  step "clang-tidy 14" check_tidy "${@:2}"
fi
