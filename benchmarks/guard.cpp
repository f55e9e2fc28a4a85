// What the guard does in a training's step and at a row of metrics, timed by itself: bench-guard [WEIGHTS BUFFER]
#include "train/guard.h"

#include <ATen/ops/_foreach_norm.h>
#include <cebm/catalog.h>
#include <cebm/random.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

namespace {

double microseconds_of(const std::function<void()>& work) {
  constexpr int kRepetitions = 200;
  work();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRepetitions; ++i) work();
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
  return time.count() / kRepetitions;
}

void measure(std::int64_t weights, std::int64_t chains) {
  cebm::GuardOptions options;
  options.max_gradient_norm = 1e3;
  options.limits["max_gap_drift"] = 1e3;
  const cebm::Catalog catalog;
  cebm::Guard guard(options, 1e6, cebm::PcdOptions(catalog).metrics(), {"gradient_norm"});
  const cebm::NamedValues values{{"loss", 1},      {"energy_data", 1},   {"energy_model", 1}, {"energy_gap", 1},
                                 {"energy_l2", 1}, {"gradient_norm", 1}, {"weight_norm", 1}};
  const std::vector<torch::Tensor> parameters(12, cebm::uniform({weights / 12}, {.seed = 1}));
  const torch::Tensor images = cebm::uniform({chains, 1, 28, 28}, {.seed = 2});
  std::printf("each step: limits %.2f us, norm of %lld weights %.1f us\n",
              microseconds_of([&] { guard.look_at_step(values); }), static_cast<long long>(weights),
              microseconds_of([&] { torch::stack(at::_foreach_norm(parameters)).square().sum().sqrt(); }));
  std::printf("each row of metrics: extremes of %lld chains %.1f us\n", static_cast<long long>(chains),
              microseconds_of([&] { images.flatten(1).aminmax(1); }));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(argc == 3 ? std::stoll(argv[1]) : 400000, argc == 3 ? std::stoll(argv[2]) : 5000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
