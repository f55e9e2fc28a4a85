#!/usr/bin/env bash
# Checks the form of the sources: clang-format, shellcheck, which folder includes which, files and code blocks in the
# pages, and with --tidy also clang-tidy (slow: LibTorch's headers).
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

# Which folder may include which: src/layers.txt.
check_layers() { python3 scripts/layers.py; }

# Checks that files exist which the pages name in `code`.
check_named_files() {
  local page name status=0 code=$'`(.ci|benchmarks|examples|include|python|scripts|site|src|tests)/[[:alnum:]_./]+`'
  while IFS=: read -r page name; do
    name=${name//\`/}
    [[ -e $name ]] || { say "    $page: no $name" && status=1; }
  done < <(git ls-files -z '*.md' | xargs -0 grep -oHE "$code")
  return "$status"
}

# A code block that no script runs must have a comment that says why; scripts/tutorials.sh runs those of the tutorials.
check_code_blocks() {
  local found
  # shellcheck disable=SC2016  # awk expands it
  found=$(git ls-files -z -- '*.md' ':!docs/tutorials' | xargs -0 awk '
    /^```/ && !inside && /(sh|cpp|python|cmake)$/ && last !~ /^<!-- not run here: / { print "    " FILENAME ":" FNR }
    /^```/ { inside = !inside }
    { last = $0 }')
  [[ -z $found ]] || die "blocks of code without a line <!-- not run here: why --> before them:"$'\n'"$found"
}

# clang-tidy needs a build without unity files and without the precompiled header, which is g++'s.
check_tidy() {
  install_packages clang-tidy-14
  local database=$build/tidy files=("$@") cuda
  cuda=$(sed -n 's/^CEBM_CUDA:[A-Z]*=//p' "$build/CMakeCache.txt")
  find_cmake
  "$cmake" --preset release -B "$database" -DCEBM_CUDA="$cuda" -DCMAKE_UNITY_BUILD=OFF \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >"$build/configure-tidy.log" 2>&1 || {
    cat "$build/configure-tidy.log" >&2
    exit 1
  }
  [[ $# -gt 0 ]] || readarray -t files < <(git ls-files 'src/*.cpp' 'apps/*.cpp')
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(processors)" clang-tidy-14 --quiet -p "$database"
}

mkdir -p "$build"
step "Formatting (clang-format 14)" check_format
step "Shell scripts (shellcheck)" check_scripts
step "Includes (src/layers.txt)" check_layers
step "Files that the pages name" check_named_files
step "Code blocks of the pages" check_code_blocks
if [[ ${1:-} == --tidy ]]; then
  step "clang-tidy 14" check_tidy "${@:2}"
fi
