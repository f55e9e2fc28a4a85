# shellcheck shell=bash
# Sourced by the scripts in this folder: places, messages, timed steps, system packages, CMake, what was built.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=${CEBM_BUILD:-$root/build}
[[ $build == /* ]] || build=$PWD/$build
venv=$build/venv

say() { printf '%s\n' "$*"; }
die() {
  printf 'cebm: %s\n' "$*" >&2
  exit 1
}

# The number of processors that this process may use; plain nproc prints OMP_NUM_THREADS if that is set.
processors() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

current_step='' advice=''
report_exit() {
  local status=$?
  [[ $status -eq 0 || -z $current_step ]] ||
    printf 'cebm: stopped (status %d) in: %s\n%s' "$status" "$current_step" "$advice" >&8
}
exec 8>&2  # the message must not end up in a log that a command writes to
trap report_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step TITLE COMMAND...: runs the command and prints how long it took.
step() {
  local start=$SECONDS outer=$current_step
  current_step=$1
  say "==> $1"
  "${@:2}"
  say "    done in $((SECONDS - start)) s"
  current_step=$outer
}

# once STAMP KEY TITLE COMMAND...: a step that is skipped while the file STAMP holds KEY.
once() {
  if [[ -f $1 && $(<"$1") == "$2" ]]; then
    say "==> $3: already done"
    return
  fi
  rm -f "$1"
  step "$3" "${@:4}"
  printf '%s\n' "$2" >"$1"
}

missing_packages() {
  local name
  for name; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed* ]] || printf '%s ' "$name"
  done
}

# An interrupted installation leaves packages unpacked or half-configured: finish those first, as far as possible.
apt_install() {
  local as_root=()
  [[ $EUID -eq 0 ]] || as_root=(sudo)
  "${as_root[@]}" dpkg --configure -a || true
  "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --fix-broken --no-install-recommends \
      -o DPkg::Lock::Timeout=600 "$@"
}

# install_packages NAME...: installs what is missing, or prints the command that does and returns 2.
install_packages() {
  local missing log=$build/apt.log
  if ! command -v dpkg-query >/dev/null; then
    say "cebm: not a Debian system; these are needed under their names here: $*"
    return 0
  fi
  read -ra missing <<<"$(missing_packages "$@")"
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $EUID -ne 0 ]] && ! sudo -n true 2>/dev/null && ! { [[ -t 0 ]] && sudo -v; }; then
    say "cebm: these packages have to be installed by root:"
    say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    return 2
  fi
  say "    installing ${missing[*]} (log: $log)"
  apt_install "${missing[@]}" >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    return 1
  }
}

# shellcheck disable=SC2034  # used by the scripts that source this one
# find_cmake: sets cmake and ctest to the system's where it is new enough, else to those of the private environment.
find_cmake() {
  local version
  cmake=$venv/bin/cmake ctest=$venv/bin/ctest
  version=$({ cmake --version 2>/dev/null || true; } | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')
  if printf '%s\n' 3.26 "${version:-0}" | sort --check=quiet --version-sort; then
    cmake=cmake ctest=ctest
  fi
}

# A row of a Markdown table.
row() { say "| $1 | ${2:-unknown} |"; }

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

# The version of the LibTorch that build/ was built with.
libtorch_version() {
  sed -n 's/.*TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) \+\([0-9]\+\)$/\2/p' \
    "$(cached LibTorch_INCLUDE)/torch/headeronly/version.h" | paste -sd. -
}

nvcc_version() {
  local nvcc
  nvcc=$(cached CMAKE_CUDA_COMPILER)
  if [[ -n $nvcc ]]; then "$nvcc" --version | sed -n 's/.*release //p'; else say "none: built for the CPU only"; fi
}

# Rows that say what build/ was made from.
build_rows() {
  row "cebm" "$(git -C "$root" describe --always --dirty 2>/dev/null || true)"
  row "LibTorch built with" "$(libtorch_version || true)"
  row "CUDA compiler" "$(nvcc_version)"
  row "C++ compiler" "$("$(cached CMAKE_CXX_COMPILER)" --version | head -n 1)"
}
