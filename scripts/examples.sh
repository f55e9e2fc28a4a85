#!/usr/bin/env bash
# Installs cebm into build/installed, builds examples/ against what was installed, and runs every example for some steps;
# configures a project that contains cebm.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
tree=$build/examples
work=$(mktemp -d)
trap 'rm -rf "$work"; report_exit' EXIT

install_library() {
  rm -rf "$build/installed"
  "$cmake" --install "$build" --prefix "$build/installed" >"$build/install.log"
}

build_examples() {
  "$cmake" -G Ninja -S "$root/examples" -B "$tree" -DCMAKE_PREFIX_PATH="$build/installed" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_UNITY_BUILD=ON \
    >"$build/configure-examples.log" 2>&1 || {
    cat "$build/configure-examples.log" >&2
    exit 1
  }
  "$cmake" --build "$tree" --parallel "$(processors)"
}

# Only configures a project that contains cebm: CMake fails if cebm::cebm or cebm::programs is missing there.
configure_inside() {
  local inside=$build/inside
  "$cmake" --fresh -G Ninja -S "$root/examples/inside" -B "$inside" -DCMAKE_BUILD_TYPE=Release -DCEBM_CUDA=OFF \
    -DLIBTORCH_PREFIX="$(cached LIBTORCH_PREFIX)" >"$build/configure-inside.log" 2>&1 || {
    cat "$build/configure-inside.log" >&2
    exit 1
  }
  "$cmake" --build "$inside" --target help >"$work/targets.txt"
  has '^cebm-train: phony' "$work/targets.txt"
  ! grep -E '^([a-z]+_tests|bench-[a-z]+|cebm-bench): ' "$work/targets.txt" ||
    die "cebm brings the targets above into a project that contains it"
}

# has TEXT FILE
has() { grep -q -- "$1" "$2" || die "$2: expected '$1' in it"; }

few_steps=(--set train.steps=6 --set train.log_every=2 --set train.batch_size=16 --threads 2)

run_examples() {
  cd "$work"
  "$tree/energies" "$1" >energies.txt
  has 'E(x):' energies.txt
  "$tree/typed_training" typed >typed.txt
  has 'step 20' typed.txt
  "$tree/density_2d" density.png 500 >density.txt
  has 'step 500 error' density.txt
  [[ -s density.png ]] || die "density_2d wrote no picture"
  "$tree/spin_bias" train --config fashion_mnist_cebm_quick.yaml "${few_steps[@]}" --set model.bias=spins \
    --set sampler.steps=5 --out binary
  has 'name: spins' binary/config.yaml
  "$tree/spin_bias" eval few-shot --run binary --set shots=[1] --set draws=2 --set full=false --set baselines=false \
    --data-option limit=1000 --out few --quiet
  has '"latent"' few/result.json
  "$tree/spin_bias" sample --run binary --count 4 --steps 2 --out binary.png
  [[ -s binary.png ]] || die "spin_bias sample wrote no picture"
  "$tree/spin_bias" train --list >list.txt
  has spins list.txt
  "$tree/laws" --gtest_filter='*spins*:*mish*' >laws.txt
  has 'PASSED' laws.txt
  "$tree/activation" --config fashion_mnist_cebm_quick.yaml "${few_steps[@]}" --set model.encoder.activation=mish \
    --set sampler.steps=5 --out own_activation
  has 'activation: mish' own_activation/config.yaml
  # One source file declares all of these: a column, a value on the console, a curve, a setting of the guard.
  "$tree/score_matching" --config fashion_mnist_cebm_quick.yaml "${few_steps[@]}" --set 'objective={name: score_matching, sigma: 0.5}' \
    --set train.data_noise_std=0 --set guard.max_score_error=50 --out scores 2>scores.log
  has score_error scores/metrics.csv
  has 'score_error [0-9]' scores.log
  has 'Denoising score matching' scores/report.html
  has 'max_score_error: 50' scores/config.yaml
}

"$root/scripts/setup.sh" apps/all
find_cmake
step "Installing into build/installed" install_library
step "Building the examples" build_examples
step "A run to look at" "$build/installed/bin/cebm-train" --config fashion_mnist_cebm_quick.yaml "${few_steps[@]}" \
  --set sampler.steps=5 --out "$work/run" --quiet
step "Running the examples" run_examples "$work/run"
step "cebm inside another project" configure_inside
