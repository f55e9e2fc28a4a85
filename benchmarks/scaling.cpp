#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/module_state.h>
#include <cebm/objective.h>
#include <cebm/run.h>

#include <cstdio>
#include <thread>

#include "dist/joined_ranks.h"
#include "parts.h"

namespace bench {

namespace {

using namespace cebm;

/// What one rank trains with.
struct Trained {
  Trained(const Setting& setting, const std::shared_ptr<Ranks>& ranks) : config(catalog) {
    const std::vector<std::string> overrides{"sampler.steps=" + std::to_string(setting.steps),
                                             "train.batch_size=" + std::to_string(setting.batch)};
    read_options(load_config(find_config(setting.subject.config), overrides), config);
    model = config.model.build(ModelContext{setting.subject.image, 1});
    objective = config.objective.build(
        ObjectiveContext{.model = model, .steps = 1000, .batch_size = setting.batch, .ranks = ranks});
    adam.emplace(named_parameters(*model), config.train.optimizer);
    batch = noise_chains(setting.batch, setting.subject.image, /*seed=*/1, torch::kCPU).x;
  }

  void step() {
    objective->add_gradient(unlabelled(batch), steps);
    adam->step(steps++);
  }

  torch::Tensor weights() const {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.detach().flatten());
    return at::cat(all);
  }

  Catalog catalog;
  RunConfig config;
  std::shared_ptr<Model> model;
  std::shared_ptr<Objective> objective;
  std::optional<Adam> adam;
  torch::Tensor batch;
  std::uint64_t steps = 0;
};

}  // namespace

Row scaling(const Setting& setting) {
  const int size = setting.threads;
  Row row{"scaling",
          std::string(setting.subject.name) + ", batch " + std::to_string(setting.batch) + ", " +
              std::to_string(setting.steps) + " sampler steps, " + std::to_string(size) + " ranks of one thread",
          "ms per gradient step"};
  if (size > 1 && !can_join_ranks()) {
    row.check = rank_libraries();
    return row;
  }
  torch::Tensor found;
  const auto as_rank = [&](const std::shared_ptr<Ranks>& ranks) {
    at::set_num_threads(1);
    Trained trained(setting, ranks);
    const Timing time = time_of(setting.repeats, [&] { trained.step(); });
    if (!ranks->leads()) return;
    row.time = {1e3 * time.median, 1e3 * time.fastest, 1e3 * time.slowest};
    found = trained.weights();
  };
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  const std::shared_ptr<void> store = size > 1 ? host_store(port) : nullptr;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      const RankPlace place{.rank = rank, .size = size, .local_rank = rank, .host = "127.0.0.1", .port = port};
      as_rank(size > 1 ? join_ranks(place, {}).ranks : single_rank());
    });
  }
  for (std::thread& thread : threads) thread.join();
  Trained alone(setting, single_rank());
  for (int step = 0; step <= setting.repeats; ++step) alone.step();
  const double error = ((found - alone.weights()).norm() / found.norm()).item<double>();
  char text[64];
  std::snprintf(text, sizeof text, error == 0.0 ? "the weights of one process" : "weights differ by %.1e", error);
  row.check = text;
  return row;
}

}  // namespace bench
