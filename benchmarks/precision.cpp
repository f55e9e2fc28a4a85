// Whether bfloat16 may stand in for float32 on a trained model: bench-precision RUN [CHAINS [STEPS [SEEDS]]]
//
// Compares the gradients at noise and at samples, and, for several seeds, where chains from noise end in either
// precision: mean energy (of the float32 model), mean and variance of the pixels. In bfloat16 they should lie within
// the spread of the seeds.
#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <cebm/catalog.h>
#include <cebm/run.h>
#include <cebm/sampler.h>

#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace cebm;

constexpr Precision kPrecisions[] = {Precision::float32, Precision::bfloat16};

const char* word(Precision precision) { return precision == Precision::float32 ? "float32" : "bfloat16"; }

/// The gradient that an engine follows, out of a step that leaves x behind.
torch::Tensor gradient(EnergyModel& model, const torch::Tensor& x, Precision precision) {
  constexpr float kStep = 1099511627776.0F;  // 2^40
  const Chains chains = make_chains(x);
  const LangevinStep size{.half_step = kStep};
  make_engine(model, x.device(), precision)->langevin(chains, {.sizes = {&size, 1}});
  return ((x - chains.x) / kStep).flatten(1).to(torch::kDouble);
}

void compare_gradients(EnergyModel& model, const torch::Tensor& x, const char* where) {
  const torch::Tensor single = gradient(model, x, Precision::float32);
  const torch::Tensor half = gradient(model, x, Precision::bfloat16);
  const torch::Tensor cosines = at::cosine_similarity(single, half, 1);
  std::printf("gradient at %s: cosine %.5f over all, %.5f for the worst image\n", where,
              at::cosine_similarity(single.flatten(), half.flatten(), 0).item<double>(), cosines.min().item<double>());
}

struct Ends {
  torch::Tensor rows;  ///< [seeds, 3]: mean energy, mean pixel, variance of the pixels
  torch::Tensor images;
};

Ends end_of_chains(const OpenedRun& run, EnergyModel& model, Precision precision, std::int64_t count,
                   std::int64_t steps, std::int64_t seeds) {
  const Catalog catalog;
  RunConfig config(catalog);
  ConfigNode node = parse_config(dump_options(*run.config));
  apply_overrides(node, {std::string("sampler.precision=") + word(precision)});
  read_options(node, config);
  const auto sampler = config.sampler().build();
  Ends ends;
  std::vector<torch::Tensor> rows;
  for (std::int64_t seed = 1; seed <= seeds; ++seed) {
    const auto number = static_cast<std::uint64_t>(seed);
    Chains chains = noise_chains(count, model.image_shape(), number, torch::kCPU);
    sampler->advance(model, chains, steps, number, 0);
    const torch::NoGradGuard no_graph;
    rows.push_back(torch::stack({model.energy(chains.x).mean(), chains.x.mean(), chains.x.var()}));
    ends.images = chains.x;
  }
  ends.rows = torch::stack(rows).to(torch::kDouble);
  return ends;
}

void compare(const std::string& folder, std::int64_t count, std::int64_t steps, std::int64_t seeds) {
  const Catalog catalog;
  const OpenedRun run = open_run(folder, catalog, torch::kCPU);
  const auto model = std::dynamic_pointer_cast<EnergyModel>(run.model);
  TORCH_CHECK(model, folder, ": expected an energy-based model");
  compare_gradients(*model, noise_chains(count, model->image_shape(), 1, torch::kCPU).x, "noise");
  std::printf("%s chains from noise, %s steps, %s seeds: mean +- standard deviation over seeds\n",
              std::to_string(count).c_str(), std::to_string(steps).c_str(), std::to_string(seeds).c_str());
  for (const Precision precision : kPrecisions) {
    const Ends ends = end_of_chains(run, *model, precision, count, steps, seeds);
    if (precision == Precision::float32) compare_gradients(*model, ends.images, "samples");
    const torch::Tensor mean = ends.rows.mean(0);
    const torch::Tensor spread = ends.rows.std(0);
    const char* names[] = {"energy", "pixel mean", "pixel variance"};
    std::printf("%-9s", word(precision));
    for (int i = 0; i < 3; ++i)
      std::printf("  %s %.5f +- %.5f", names[i], mean[i].item<double>(), spread[i].item<double>());
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2 || argc > 5) {
      std::fputs("usage: bench-precision RUN [CHAINS [STEPS [SEEDS]]]\n", stderr);
      return 2;
    }
    const auto number = [&](int i, std::int64_t otherwise) { return argc > i ? std::stoll(argv[i]) : otherwise; };
    compare(argv[1], number(2, 128), number(3, 500), number(4, 5));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
