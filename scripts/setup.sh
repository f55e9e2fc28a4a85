#!/usr/bin/env bash
# Installs what a build needs (system packages, LibTorch, CMake), configures and builds into build/.
# It can be run again at any time: finished steps are skipped, interrupted ones continue.
#
#   scripts/setup.sh [TARGET]...        CMake targets, for example apps/all; default: all
#
# Environment:  CMAKE_PREFIX_PATH  a LibTorch (2.11 or newer) of your own, used instead of the pinned wheel
#               CEBM_TORCH=X.Y.Z   another version of the wheel than the pinned one
#               CEBM_CUDA=OFF      build for the CPU only although there is a CUDA toolkit
#               CEBM_JOBS=N        compile N files at a time; default: one a core, at 1.5 GB of memory each
#               CEBM_BUILD=FOLDER  build there instead of in build/
#               CEBM_CMAKE="..."   more arguments for CMake, for example "-DCEBM_WERROR=OFF"
#               CEBM_RUN=OFF       the programs will run elsewhere: without the CUDA libraries that only running needs
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

torch_version=${CEBM_TORCH:-2.15.0}
packages=(g++ git ca-certificates python3 python3-venv ninja-build libyaml-cpp-dev libspdlog-dev libcli11-dev
  libstb-dev libcurl4-openssl-dev libarchive-dev nlohmann-json3-dev librandom123-dev
  libgloo-dev libjpeg-dev libpng-dev libgif-dev zlib1g-dev libssl-dev libgtest-dev libgmock-dev)

# The package of the data set is optional: not every release has it.
system_packages() {
  local status=0 data=(dataset-fashion-mnist)
  [[ ! -d $root/data/fashion_mnist ]] || data=()
  install_packages "${packages[@]}" ${data[@]+"${data[@]}"} || status=$?
  [[ $status -ne 1 ]] || install_packages "${packages[@]}"
  [[ -z $(missing_packages "${packages[@]}") ]] || return "$status"
  [[ $status -eq 0 ]] ||
    say "    warning: no package dataset-fashion-mnist; data/README.md says where else to get Fashion-MNIST"
}

check_compiler() {
  local compiler=${CXX:-c++} major
  major=$("$compiler" -dumpversion) || die "the C++ compiler $compiler does not run"
  if "$compiler" --version | grep -q 'Free Software Foundation' && [[ ${major%%.*} -lt 12 ]]; then
    die "g++ 12 or newer is needed (x86-64-v3 of the kernels), $compiler is $major; set CXX to another"
  fi
}

# The CUDA compiler, or nothing.
find_nvcc() {
  [[ ${CEBM_CUDA:-} != OFF ]] || return 0
  command -v "${CUDACXX:-nvcc}" || command -v /usr/local/cuda/bin/nvcc || true
}

# The user's own LibTorch in CMAKE_PREFIX_PATH, or nothing. The same places as in cmake/FindLibTorch.cmake.
own_libtorch() {
  local entries entry up
  IFS=':;' read -ra entries <<<"${CMAKE_PREFIX_PATH:-}"
  for entry in ${entries[@]+"${entries[@]}"}; do
    for up in . ../.. ../../..; do
      if [[ -e $entry/$up/lib/libtorch_cpu.so ]]; then
        (cd "$entry/$up" && pwd -P)
        return
      fi
    done
  done
}

check_disk() {
  local free
  free=$(($(df --output=avail -k "$build" | tail -n 1) / 1048576))
  [[ $free -ge $1 ]] || die "$1 GB of disk space are needed in $build, $free GB are free"
}

# --ignore-installed: an installation that was interrupted may look complete to pip.
pip_install() {
  local quiet=()
  [[ -t 1 ]] || quiet=(--quiet)
  "$venv/bin/python" -I -m pip install ${quiet[@]+"${quiet[@]}"} --disable-pip-version-check --no-warn-conflicts \
    --ignore-installed "$@"
}
site_packages() { "$venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("platlib"))'; }

make_venv() {
  rm -rf "$venv"
  python3 -I -m venv "$venv"
}

# The packages that the wheel's libraries load, in the versions that the wheel names: for the CPU only the CUDA runtime
# and CUPTI.
torch_requirements() {
  local all
  all=$(sed -n 's/^Requires-Dist: *\(\(cuda-toolkit\|nvidia-\).*\)/\1/p' "$1"/torch-*.dist-info/METADATA)
  if [[ $2 == ON ]]; then
    printf '%s\n' "$all"
  else
    sed -n '/^cuda-toolkit/ s/\[[^]]*\]/[cudart,cupti]/p' <<<"$all"
  fi
}

torch_libraries() {
  torch_requirements "$1" "$2" >"$venv/requirements.txt"
  [[ ! -s $venv/requirements.txt ]] || pip_install -r "$venv/requirements.txt"
  if ldd "$1/torch/lib/libtorch_cpu.so" | grep 'not found'; then
    die "LibTorch lacks the libraries above"
  fi
  ln -sfn "$1/torch" "$build/libtorch"
}

install_wheel() {
  check_disk "$([[ -n $nvcc ]] && echo 12 || echo 3)"
  pip_install --no-deps "torch==$torch_version"
}

# The wheel's LibTorch, with CUDA's libraries where nvcc is of the same major version as the wheel.
wheel_libtorch() {
  local site toolkit wheel loaded
  "$venv/bin/python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "the wheel of LibTorch $torch_version needs Python 3.11; or name a LibTorch of your own in CMAKE_PREFIX_PATH"
  once "$venv/.torch" "$torch_version" "LibTorch $torch_version" install_wheel
  site=$(site_packages)
  cuda=OFF
  if [[ -n $nvcc ]]; then
    toolkit=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
    wheel=$(torch_requirements "$site" ON | sed -n 's/^cuda-toolkit[^=]*==\([0-9]*\).*/\1/p')
    if [[ $toolkit == "$wheel" ]]; then
      cuda=ON
    else
      say "    the toolkit is CUDA ${toolkit:-?}, this LibTorch CUDA ${wheel:-none}: building for the CPU only"
    fi
  fi
  loaded=$([[ ${CEBM_RUN:-} != OFF ]] && echo "$cuda" || echo OFF)
  once "$venv/.libraries" "$torch_version CUDA=$loaded" "Libraries that LibTorch loads (CUDA=$loaded)" \
    torch_libraries "$site" "$loaded"
  libtorch=$site/torch
}

configure() (
  local more
  read -ra more <<<"${CEBM_CMAKE:-}"
  cd "$root"
  "$cmake" --preset release --fresh -B "$build" -DCEBM_CUDA="$cuda" -DLIBTORCH_PREFIX="$libtorch" \
    ${more[@]+"${more[@]}"} >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log" >&2
    exit 1
  }
)

parallel_jobs() {
  local memory cores
  memory=$(awk '/^MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  cores=$(processors)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

current_step="set-up" advice=$'The same command goes on from there.\n'
mkdir -p "$build"
exec 9>"$build/.setup.lock"
flock -n 9 || { say "waiting for another set-up to finish"; flock 9; }

step "System packages" system_packages
check_compiler
nvcc=$(find_nvcc)
[[ -z $nvcc ]] || export CUDACXX=$nvcc
libtorch=$(own_libtorch)
find_cmake
if [[ -z $libtorch || $cmake == "$venv"/* ]]; then
  once "$venv/.made" "$root $(python3 -I --version)" "Private Python environment $venv" make_venv
fi
if [[ $cmake == "$venv"/* ]]; then
  once "$venv/.cmake" 4 "CMake (the system has none of 3.26 or newer)" pip_install --no-deps 'cmake>=3.28,<5'
fi
if [[ -n $libtorch ]]; then
  say "==> LibTorch in $libtorch (from CMAKE_PREFIX_PATH)"
  cuda=$([[ -n $nvcc ]] && echo AUTO || echo OFF)
else
  wheel_libtorch
fi
configuration="$root|$libtorch|CUDA=$cuda|${CXX:-}|$("$cmake" --version | head -n 1)${CEBM_CMAKE:+|$CEBM_CMAKE}"
configuration+="|presets $(cksum <"$root/CMakePresets.json")"
# Another LibTorch may lie in the same folder.
configuration+="|LibTorch $(cksum <"$libtorch/include/torch/headeronly/version.h")"
once "$build/.configured" "$configuration" "Configuring" configure
[[ $# -gt 0 ]] || set -- all
step "Building $*" "$cmake" --build "$build" --parallel "${CEBM_JOBS:-$(parallel_jobs)}" --target "$@"
