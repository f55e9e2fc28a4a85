#!/usr/bin/env bash
# Builds the programs that scripts/gpu_run.sh runs on a GPU machine without network or compiler, and packs them with the
# libraries they need into one file. There: python3 -m tarfile -e cebm-gpu.tar.xz && cebm-gpu/scripts/gpu_run.sh OUT
#
#   scripts/gpu_bundle.sh [FILE.tar.xz]         default: build-gpu/cebm-gpu.tar.xz
#
# Environment:  CEBM_TORCH=X.Y.Z  LibTorch's version there; default 2.11.0. Its wheel is installed for linking only
#               CEBM_ARCH=90      compute capability of the GPU there, several as 90;100; default 90 (H100, H200)
#               CEBM_BUILD        default build-gpu/, so that build/ stays as it is; CEBM_JOBS as in setup.sh
#
# The machine there needs: x86-64; a C library, libstdc++ and libgcc at least as new as here; Python with torch and the
# NVIDIA libraries that torch brings; a driver for its CUDA. All other libraries come along.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export CEBM_BUILD=${CEBM_BUILD:-${here%/*}/build-gpu}
# shellcheck source=scripts/common.sh
source "$here/common.sh"

bundle=${1:-$build/cebm-gpu.tar.xz}
stage=$build/bundle/cebm-gpu
limit=$((64 << 20))
programs=(cebm-train cebm-sample cebm-eval cebm-data cebm-bench)

build_programs() {
  # Test discovery is postponed (PRE_TEST): without the NVIDIA libraries the tests cannot start here.
  local settings=(-DCEBM_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=${CEBM_ARCH:-90}"
    -DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST)
  CEBM_TORCH=${CEBM_TORCH:-2.11.0} CEBM_RUN=OFF CEBM_CMAKE="${settings[*]}" \
    "$root/scripts/setup.sh" apps/all cebm-bench kernels_tests cuda_on_cpu_tests gpu_tests
}

stage_programs() {
  rm -rf "$stage"
  mkdir -p "$stage"/{benchmarks,bin,lib,scripts,share/cebm}
  local file
  for file in kernels_tests cuda_on_cpu_tests; do
    strip --strip-unneeded -o "$stage/bin/$file" "$build/tests/bin/$file"
  done
  for file in "${programs[@]/#/$build/bin/}" "$build"/tests/bin/*_gpu_tests; do
    strip --strip-unneeded -o "$stage/bin/${file##*/}" "$file"
  done
  cp -r "$root/configs" "$stage/share/cebm/"
  cp "$root"/scripts/{common,gpu_run}.sh "$stage/scripts/"
  cp "$root/benchmarks/compare_pytorch.py" "$stage/benchmarks/"
  { build_rows && row "CUDA architectures" "${CEBM_ARCH:-90}"; } >"$stage/build.md"
}

# Libraries that every machine with torch has: the C and C++ runtime (torch loads them too), LibTorch, NVIDIA's
# libraries.
is_there() {
  case $1 in
    ld-linux* | libc.so.* | libm.so.* | libmvec.so.* | libpthread.so.* | libdl.so.* | librt.so.*) ;;
    libresolv.so.* | libutil.so.* | libanl.so.*) ;;
    libstdc++.so.* | libgcc_s.so.*) ;;
    libcudart.so.* | libcuda.so.*) ;;
    *) [[ -e $(cached LIBTORCH_PREFIX)/lib/$1 ]] ;;
  esac
}

# stage_libraries: copies the system's libraries that the programs need, recursively, except those that is_there
# accepts.
stage_libraries() {
  local system name path before=-1 count=0
  system=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p | grep 'x86-64')
  while [[ $count -gt $before ]]; do
    before=$count
    for name in $(find "$stage/bin" "$stage/lib" -type f -exec readelf -d {} + |
      sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
      if [[ -e $stage/lib/$name ]] || is_there "$name"; then continue; fi
      path=$(awk -v name="$name" '$1 == name {print $NF; exit}' <<<"$system")
      [[ -n $path ]] || die "the library $name was not found on this machine"
      cp -L "$path" "$stage/lib/$name"
      count=$((count + 1))
    done
  done
}

pack() {
  tar -C "$build/bundle" --owner=0 --group=0 -cf - cebm-gpu | xz --threads=0 -6 >"$bundle.part"
  mv "$bundle.part" "$bundle"
}

step "Programs for CUDA and LibTorch ${CEBM_TORCH:-2.11.0}" build_programs
step "Stripped programs" stage_programs
step "Libraries" stage_libraries
step "Packing" pack
size=$(stat -c %s "$bundle")
say ""
say "$bundle: $((size / 1024)) KiB ($(du -sk "$stage" | cut -f 1) KiB unpacked), after $SECONDS s"
[[ $size -le $limit ]] || die "expected at most $((limit >> 20)) MiB"
