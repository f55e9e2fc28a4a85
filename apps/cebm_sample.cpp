// cebm-sample: draws images from a trained run.
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/sampling.h>
#include <cebm/variety.h>

#include <cstdio>
#include <iostream>

#include "support/listing.h"
#include "support/log.h"
#include "support/program.h"
#include "support/progress.h"

namespace {

using namespace cebm;

struct Flags {
  app::CommonFlags common;
  std::filesystem::path run;
  std::filesystem::path out;
  SampleRequest request;
  std::int64_t columns = 0;
  std::string weights = "average";
  bool trace = false;
  bool list = false;
};

void add_flags(CLI::App& cli, Flags& flags) {
  cli.add_option("-r,--run", flags.run, "run directory");
  cli.add_option("-o,--out", flags.out, "the grid, a .png; raw samples go beside it as .npy");
  cli.add_option("-n,--count", flags.request.count, "number of images")->capture_default_str();
  cli.add_option("--steps", flags.request.steps, "Langevin steps")->capture_default_str();
  cli.add_option("--init", flags.request.init, "noise, buffer, data, or an .npy file of images")->capture_default_str();
  cli.add_option("--columns", flags.columns, "columns of the grid; 0: as square as possible")
      ->check(CLI::Range(0, 10000));
  cli.add_option("--seed", flags.request.seed, "seed of starts and noise")->capture_default_str();
  cli.add_option("--weights", flags.weights, "average (where the run keeps one) or live")
      ->check(CLI::IsMember({"average", "live"}))
      ->capture_default_str();
  cli.add_flag("--trace", flags.trace, "also a grid of how the first chains got there: one chain a row");
  cli.add_flag("--list", flags.list, "print models, biases, encoders, samplers and data sets");
  flags.common.add_to(cli);
}

/// How different the samples are, beside the run's own data. Without the data there is nothing to compare with.
void report_variety(const OpenedRun& run, const torch::Tensor& samples, const Flags& flags) {
  if (samples.size(0) < 2) return;
  const double distance = mean_pairwise_distance(samples.clamp(-1.0, 1.0));
  char text[160];
  try {
    const auto data = run.config->data.build(
        DataContext{.root = flags.common.data_root, .split = "train", .image = run.model->image_shape()});
    const std::int64_t count = std::min<std::int64_t>(samples.size(0), data->size());
    const double reference = mean_pairwise_distance(to_float(data->images.narrow(0, 0, count)));
    std::snprintf(text, sizeof text,
                  "variety: mean distance between samples %.3f, between data images %.3f, ratio %.2f", distance,
                  reference, distance / reference);
  } catch (const DataError&) {
    std::snprintf(text, sizeof text, "variety: mean distance between samples %.3f (no data here to compare with)",
                  distance);
  }
  std::cout << text << "\n";
}

int run(const Flags& flags) {
  const Catalog catalog;
  if (flags.list) {
    std::cout << app::list_catalog(catalog);
    return 0;
  }
  if (flags.run.empty()) throw ConfigError("--run is missing; see cebm-sample --help");
  if (flags.out.extension() != ".png") throw ConfigError("--out: expected a file name ending in .png");
  const torch::Device device = flags.common.apply();
  const Weights weights = flags.weights == "live" ? Weights::live : Weights::average;
  const OpenedRun opened = open_run(flags.run, catalog, device, weights);
  for (const auto& skip : opened.skipped) app::warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  app::info("step " + std::to_string(opened.checkpoint.step) + (opened.averaged ? ", averaged weights" : ""));

  SampleRequest request = flags.request;
  request.data_root = flags.common.data_root;
  if (flags.trace) request.trace_chains = 8;
  if (const auto folder = flags.out.parent_path(); !folder.empty()) require_writable_directory(folder);
  std::unique_ptr<app::Progress> progress;
  const SampleResult result = draw_samples(opened, request, device, [&](std::uint64_t done, std::uint64_t total) {
    if (!progress) progress = std::make_unique<app::Progress>("sample", "chain step", total);
    progress->update(done);
  });
  progress.reset();

  std::filesystem::path arrays = flags.out;
  write_npy(arrays.replace_extension(".npy"), result.images);
  write_png(flags.out, make_grid(result.images, {.columns = flags.columns}));
  std::cout << flags.out.string() << "\n";
  if (result.trace.defined()) {
    const std::int64_t points = result.trace.size(0) / std::min<std::int64_t>(request.trace_chains, request.count);
    std::filesystem::path trace = flags.out;
    trace.replace_filename(flags.out.stem().string() + "_trace.png");
    write_png(trace, make_grid(result.trace, {.columns = points}));
    std::cout << trace.string() << "\n";
  }
  report_variety(opened, result.images, flags);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Draws images from a trained run: a grid as PNG and the raw samples as .npy.", "cebm-sample");
  Flags flags;
  add_flags(cli, flags);
  return cebm::app::run_program(cli, argc, argv, [&] { return run(flags); });
}
