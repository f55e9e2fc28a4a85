#!/usr/bin/env bash
# Builds the module of the Python package (python/) in build/, with a Python environment of its own, and runs the tests
# that need Python packages: those of python/tests and what TensorBoard reads. Needs what scripts/test.sh has built, with
# the LibTorch of the wheel.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$build/python-venv/bin/python

headers() {
  python3 -I -c 'import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())' || install_packages python3-dev
}

make_environment() {
  rm -rf "$build/python-venv"
  python3 -I -m venv "$build/python-venv"
}

# Python's torch loads all of CUDA's libraries, even for the CPU. build/venv has them where setup.sh builds for CUDA.
has_cuda_libraries() { compgen -G "$venv/lib/python3.*/site-packages/nvidia/*/lib/libcufile.so*" >/dev/null; }

# What the package's tests need, and torch: that of build/venv with what it needs of Python, or a whole one of its own
# (gigabytes) if that one cannot be imported.
install_python_packages() {
  local site list=$build/python-venv/packages.txt torch=own
  ! has_cuda_libraries || torch=shared
  site=$("$venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
  [[ -d $site/torch ]] || die "no torch in $venv; scripts/setup.sh installs it unless CMAKE_PREFIX_PATH names another"
  "$python" -I - "$root/python/pyproject.toml" "$site"/torch-*.dist-info/METADATA "$torch" >"$list" <<'END'
import email, sys, tomllib
with open(sys.argv[1], "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"]["test"], "numpy", "tensorboard", sep="\n")
with open(sys.argv[2]) as file:
    torch = email.message_from_file(file)
if sys.argv[3] == "own":
    print("torch==" + torch["Version"])
else:
    without = ("cuda-", "nvidia-", "triton")
    print(*(name for name in torch.get_all("Requires-Dist") if "extra ==" not in name and not name.startswith(without)), sep="\n")
END
  "$python" -I -m pip install --quiet --disable-pip-version-check -r "$list"
  [[ $torch == own ]] || printf '%s\n' "$site" >"$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/torch.pth"
}

build_module() {
  "$cmake" -B "$build" -DCEBM_PYTHON=ON -DPython_EXECUTABLE="$python" -DCEBM_TEST_PYTHON="$python" \
    >"$build/configure-python.log" 2>&1 || {
    cat "$build/configure-python.log" >&2
    exit 1
  }
  "$cmake" --build "$build" --target cebm_python
}

# At once: one waits for the network, the other is one file.
packages_and_module() {
  build_module &
  once "$build/python-venv/.packages" "$key" "Python packages" install_python_packages
  wait $!
}

run_tests() {
  local log=$build/python-tests.log
  "$ctest" --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(processors)" \
    -R '^(python_package|tensorboard_reader)$' | tee "$log"
  # A data set may be missing, programs and packages not.
  local skipped
  skipped=$(grep -h 'Skipped\|^SKIPPED' "$log" "$build/Testing/Temporary/LastTest.log" | grep -v fashion_mnist || true)
  [[ -z $skipped ]] || die "a test was skipped: $skipped"
}

find_cmake
step "Headers of Python" headers
key="$(python3 -I --version) $(cksum <"$root/python/pyproject.toml") $(libtorch_version) $(has_cuda_libraries && echo shared || echo own)"
once "$build/python-venv/.made" "$key" "A Python environment in $build/python-venv" make_environment
step "Python packages and module" packages_and_module
step "Tests that need Python" run_tests
