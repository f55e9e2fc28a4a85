// cebm-sample: draws images from a trained run.
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/generation.h>
#include <cebm/image_io.h>
#include <cebm/programs.h>
#include <cebm/sampling.h>
#include <cebm/variety.h>

#include <charconv>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "core/drawn_rows.h"
#include "programs/company.h"
#include "programs/compose.h"
#include "programs/listing.h"
#include "programs/log.h"
#include "programs/program.h"
#include "programs/progress.h"
#include "programs/restore.h"
#include "programs/settings.h"
#include "programs/streams.h"
#include "runs/own_data.h"

namespace cebm {

namespace {

struct SampleFlags {
  std::vector<std::string> arguments;  ///< the whole command line, for the ranks that are started
  app::CommonFlags common;
  app::RankFlags ranks;
  std::filesystem::path run;
  std::filesystem::path out;
  SampleRequest request;
  std::int64_t columns = 0;
  Weights weights = Weights::average;
  std::string split = "test";
  std::vector<std::string> components;
  std::filesystem::path given_latent_of;
  std::vector<std::string> sampler_options;
  app::RestoreFlags restore;
  std::vector<std::string> compose;
  bool reconstruct = false;
  bool trace = false;
  bool list = false;
};

/// Flags about chains, which are rejected for models that draw without chains.
constexpr std::initializer_list<const char*> kChainFlags = {
    "--steps",   "--init",    "--trace", "--joint", "--given-latent-of", "--sampler-option",
    "--inpaint", "--denoise", "--given", "--tries", "--temperature",     "--compose"};

constexpr const char* kRowsOfConditions = "the grid has a row for each condition";

/// Throws ConfigError for the first of these flags that is given.
void refuse(const CLI::App& cli, std::initializer_list<const char*> flags, const std::string& why) {
  for (const char* flag : flags) {
    if (cli.count(flag) > 0) throw ConfigError(std::string(flag) + ": " + why);
  }
}

/// Refuses the flags that nothing reads in what the others ask for.
void refuse_unused(const CLI::App& cli, const SampleFlags& flags) {
  if (flags.restore.asked()) {
    refuse(cli, {"--component", "--given-latent-of", "--trace", "--columns"},
           "has no meaning with --inpaint or --denoise");
    if (!flags.restore.given.empty()) refuse(cli, {"--split"}, "has no meaning with --given, which names the images");
    return;
  }
  refuse(cli, {"--given", "--tries", "--temperature"}, "has a meaning with --inpaint or --denoise alone");
  if (flags.reconstruct) return refuse(cli, {"--component"}, "has no meaning with --reconstruct");
  refuse(cli, {"--split"}, "has a meaning with --reconstruct, --inpaint or --denoise alone");
}

void add_sample_flags(CLI::App& cli, SampleFlags& flags) {
  app::add_path(cli, "-r,--run", flags.run, "run directory");
  app::add_path(cli, "-o,--out", flags.out, "the grid, a .png; raw samples go beside it as .npy");
  cli.add_option(
      "-n,--count", flags.request.count,
      "number of images, for each condition where there are several; default 64, or what an --init FILE.npy has");
  cli.add_option("--component", flags.components,
                 "mixture components to draw from, as numbers from 0 or all: a grid with one row per component")
      ->delimiter(',');
  app::add_path(cli, "--given-latent-of", flags.given_latent_of,
                "chains of p(x | z): a picture whose code is z, or an .npy of codes or images, one row each");
  cli.add_option("--joint", flags.request.joint_steps,
                 "chains of p(x, z), if the sampler's temperature is 1: this many Langevin steps for each draw of z "
                 "from its posterior");
  cli.add_flag("--reconstruct", flags.reconstruct, "images of --split with the generator's reconstructions below them");
  cli.add_option("--split", flags.split, "with --reconstruct, --inpaint and --denoise: train or test")
      ->capture_default_str();
  cli.add_option("--steps", flags.request.steps, "Langevin steps (energy-based models)")->capture_default_str();
  app::add_path(
      cli, "--init", flags.request.init,
      "where chains start: noise; images of the buffer or the data drawn by --seed; data_noise or gaussian as "
      "a run's buffer.start; or the images of an .npy file in their order")
      ->capture_default_str();
  cli.add_option("--sampler-option", flags.sampler_options,
                 "option of the run's sampler, for these chains: --sampler-option boundary=clamp (repeatable)")
      ->take_all()
      ->allow_extra_args(false);
  flags.restore.add_to(cli);
  cli.add_option("--compose", flags.compose,
                 "other runs whose energies are added to this one's, separated by commas unless a directory has that "
                 "name: chains of the product of their densities");
  cli.add_option("--columns", flags.columns, "columns of the grid; 0: as square as possible")
      ->check(CLI::Range(0, 10000));
  app::add_count(cli, "--seed", flags.request.seed, "seed of starts and noise")->capture_default_str();
  app::add_weights(cli, flags.weights);
  cli.add_flag("--trace", flags.trace, "also a grid of how the first chains got there: one chain a row");
  cli.add_flag("--list", flags.list, "print models, biases, encoders, samplers and data sets");
  flags.ranks.add_to(cli);
  flags.common.add_to(cli);
}

constexpr std::int64_t kMostCompared = 1000;  // images; the distances of all their pairs are held in memory

/// Prints the mean distance between samples and, if the run's data are available, between as many training images.
void report_variety(const OpenedRun& run, const torch::Tensor& samples, const SampleFlags& flags) {
  if (samples.size(0) < 2) return;
  const std::int64_t most = std::min(samples.size(0), kMostCompared);
  const auto compared = [&](const torch::Tensor& images) {
    // Step 2: not the rows of the data that chains start from.
    return images.index_select(0, drawn_rows(images.size(0), most, {flags.request.seed, Stream::evaluation, 2}));
  };
  const double distance = mean_pairwise_distance(compared(samples).clamp(-1.0, 1.0));
  char text[160];
  try {
    const auto data = run.config->data.build(own_data(run, flags.common.data_root, "train"));
    if (data->size() < 2) throw DataError(data->name + ": expected at least 2 images to compare with, found 1");
    const double reference = mean_pairwise_distance(to_float(compared(data->images)));
    std::snprintf(text, sizeof text,
                  "variety: mean distance between samples %.3f, between data images %.3f, ratio %.2f", distance,
                  reference, distance / reference);
  } catch (const DataError&) {
    std::snprintf(text, sizeof text, "variety: mean distance between samples %.3f (no data here to compare with)",
                  distance);
  }
  std::cout << text << "\n";
}

/// What the program writes: the grid's images in [-1, 1] and its number of columns.
struct Drawing {
  torch::Tensor images;
  std::int64_t columns = 0;
  bool samples = true;  ///< draws from the model, not reconstructions
  torch::Tensor trace = {};
  std::int64_t trace_columns = 0;
};

/// Component numbers from "all" or the numbers given, for a mixture of `count`.
std::vector<std::int64_t> component_numbers(const std::vector<std::string>& words, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  for (const std::string& word : words) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word == "all") {
      for (std::int64_t l = 0; l < count; ++l) numbers.push_back(l);
    } else if (error != std::errc() || end != word.data() + word.size() || number < 0 || number >= count) {
      throw ConfigError("--component: expected all or numbers of 0 .. " + std::to_string(count - 1) + ", found '" +
                        word + "'");
    } else {
      numbers.push_back(number);
    }
  }
  return numbers;
}

/// Components of the run's mixture, 1 where there is none.
std::int64_t mixture_size(const OpenedRun& run) {
  const auto* const model = dynamic_cast<const Cebm*>(run.model.get());
  const auto* const mixture = model == nullptr ? nullptr : dynamic_cast<const ComponentBias*>(&model->bias());
  return mixture == nullptr ? 1 : mixture->components();
}

Drawing draw_reconstructions(const OpenedRun& run, const SampleFlags& flags, torch::Device device) {
  const auto data = run.config->data.build(own_data(run, flags.common.data_root, flags.split));
  for (const std::string& warning : data->warnings) app::warn(warning);
  const std::int64_t count = flags.request.count.value_or(GenerationRequest().count);
  if (count < 1 || count > data->size()) {
    throw ConfigError("--count " + std::to_string(count) + ": expected 1 .. " + std::to_string(data->size()) +
                      ", the images of the " + flags.split + " split");
  }
  const auto chosen = random_subset(data->size(), count, {flags.request.seed, Stream::evaluation, 0});
  const torch::Tensor bytes = data->images.index_select(0, torch::tensor(chosen, torch::kLong));
  const std::int64_t columns = std::min(count, flags.columns > 0 ? flags.columns : 16);
  return {.images = pair_rows(to_float(bytes), reconstruct(run, bytes, device), columns),
          .columns = columns,
          .samples = false};
}

Drawing draw_prior(const OpenedRun& run, const CLI::App& cli, const Generator& generator, const SampleFlags& flags,
                   torch::Device device) {
  if (!flags.components.empty()) refuse(cli, {"--columns"}, kRowsOfConditions);
  const auto components = component_numbers(flags.components, generator.prior().components());
  const std::int64_t count = flags.request.count.value_or(GenerationRequest().count);
  const std::int64_t columns = components.empty() ? flags.columns : count;
  return {.images = draw_from_prior(run, {count, components, flags.request.seed}, device), .columns = columns};
}

SampleResult with_progress(const OpenedRun& run, const SampleRequest& request, torch::Device device) {
  std::unique_ptr<app::Progress> progress;
  SampleResult result = draw_samples(run, request, device, [&](std::uint64_t done, std::uint64_t total) {
    if (!request.ranks->leads()) return;
    if (!progress) progress = std::make_unique<app::Progress>("sample", "chain step", total);
    progress->update(done);
  });
  if (request.ranks->leads()) app::info("chains: " + result.engine);
  return result;
}

/// A row for each image: the clean one if known, the input, and the restored ones.
Drawing draw_restored(const OpenedRun& run, const CLI::App& cli, const SampleFlags& flags, SampleRequest request,
                      torch::Device device) {
  const app::RestoreTask task = app::restore_task(
      run, flags.restore, own_data(run, flags.common.data_root, flags.split), request.count, request.seed);
  request.restoration = task.restoration;
  request.count = flags.restore.tries;
  // Without --init, chains start from the noisy image, the best available estimate of the clean one.
  const bool from_noisy = flags.restore.sigma && cli.count("--init") == 0;
  if (from_noisy) request.start = task.restoration.images.repeat_interleave(flags.restore.tries, 0);
  const SampleResult result = with_progress(run, request, device);
  const std::string error = app::restored_error(task, result.images, flags.restore.tries);
  if (!error.empty()) std::cout << error << "\n";
  const torch::Tensor images = app::restored_rows(task, result.images, flags.restore.tries);
  return {.images = images, .columns = images.size(0) / task.shown.size(0), .samples = false};
}

/// The settings of the run's sampler with --sampler-option.
std::shared_ptr<const Choice<SamplerEntry>> sampler_of(const OpenedRun& run, const SampleFlags& flags) {
  const auto settings = std::make_shared<Choice<SamplerEntry>>(sampler_settings(run));
  ConfigNode changes = parse_config("{}");
  apply_overrides(changes, flags.sampler_options, "--sampler-option");
  if (changes.find("steps") != nullptr) throw ConfigError("--sampler-option steps: --steps sets the number of steps");
  app::read_settings(changes, settings->options());
  for (const std::string& note :
       {missing_adaptation(run, *settings), adapted_besides(run, *settings), why_chains_stand(run, *settings)}) {
    if (!note.empty()) app::warn(note);
  }
  return settings;
}

Drawing draw_chains(const OpenedRun& run, const CLI::App& cli, const SampleFlags& flags, const Catalog& catalog,
                    torch::Device device) {
  SampleRequest request = flags.request;
  request.data_root = flags.common.data_root;
  request.others = app::energies_of(flags.compose, run, catalog, device, flags.weights);
  request.sampler = sampler_of(run, flags);
  if (const std::string note = joint_of_two_temperatures(run, *request.sampler);
      request.joint_steps > 0 && !note.empty()) {
    app::warn(note);
  }
  if (flags.restore.asked()) return draw_restored(run, cli, flags, request, device);
  if (flags.trace) request.trace_chains = 8;
  if (!flags.given_latent_of.empty()) request.codes = read_codes(run, flags.given_latent_of, device);
  request.components = component_numbers(flags.components, mixture_size(run));
  const std::int64_t conditions = request.codes.defined() ? request.codes.size(0) : std::ssize(request.components);
  if (conditions > 1) refuse(cli, {"--columns"}, kRowsOfConditions);
  const SampleResult result = with_progress(run, request, device);
  Drawing drawing{.images = result.images,
                  .columns = conditions > 1 ? result.images.size(0) / conditions : flags.columns};
  if (result.trace.defined()) {
    drawing.trace = result.trace;
    drawing.trace_columns = result.trace.size(0) / std::min<std::int64_t>(request.trace_chains, result.images.size(0));
  }
  return drawing;
}

Drawing draw(const OpenedRun& run, const CLI::App& cli, const SampleFlags& flags, const Catalog& catalog,
             torch::Device device) {
  const auto* const generator = dynamic_cast<const Generator*>(run.model.get());
  if (flags.reconstruct && generator == nullptr) {
    throw ConfigError("--reconstruct: this run's model generates no images from latent codes");
  }
  if (generator != nullptr) refuse(cli, kChainFlags, "there are no chains in what is drawn here");
  refuse_unused(cli, flags);
  if (flags.reconstruct) return draw_reconstructions(run, flags, device);
  return generator != nullptr ? draw_prior(run, cli, *generator, flags, device)
                              : draw_chains(run, cli, flags, catalog, device);
}

struct Outputs {
  std::filesystem::path grid;
  std::filesystem::path arrays;
  std::filesystem::path trace;
};

Outputs outputs_of(const std::filesystem::path& out) {
  Outputs outputs{out, out, out};
  outputs.arrays.replace_extension(".npy");
  outputs.trace.replace_filename(out.stem().string() + "_trace.png");
  return outputs;
}

/// Throws ConfigError if a file that the program writes is one that it reads, or a directory.
void require_free_outputs(const SampleFlags& flags) {
  const Outputs outputs = outputs_of(flags.out);
  for (const auto& output : {outputs.grid, outputs.arrays, outputs.trace}) {
    std::error_code missing;
    if (!std::filesystem::is_directory(output, missing)) continue;
    throw ConfigError("--out " + flags.out.string() +
                      ": expected a file to write, found a directory: " + output.string());
  }
  const std::pair<const char*, std::filesystem::path> inputs[] = {{"--init", flags.request.init},
                                                                  {"--given", flags.restore.given},
                                                                  {"--inpaint", flags.restore.mask()},
                                                                  {"--given-latent-of", flags.given_latent_of}};
  for (const auto& [flag, input] : inputs) {
    for (const auto& output : {outputs.grid, outputs.arrays, outputs.trace}) {
      std::error_code missing;
      if (!std::filesystem::equivalent(input, output, missing)) continue;
      throw ConfigError("--out " + flags.out.string() + ": would overwrite " + output.string() + ", which " + flag +
                        " reads; choose another name");
    }
  }
}

void write(const Drawing& drawing, const Outputs& outputs) {
  write_npy(outputs.arrays, drawing.images);
  write_png(outputs.grid, make_grid(drawing.images, {.columns = drawing.columns}));
  std::cout << outputs.grid.string() << "\n";
  if (!drawing.trace.defined()) return;
  write_png(outputs.trace, make_grid(drawing.trace, {.columns = drawing.trace_columns}));
  std::cout << outputs.trace.string() << "\n";
}

int run_sample(const CLI::App& cli, SampleFlags& flags, const Catalog& catalog) {
  if (flags.list) {
    std::cout << app::list_catalog(catalog);
    return 0;
  }
  if (flags.run.empty()) throw ConfigError("--run is missing; see cebm-sample --help");
  if (flags.out.extension() != ".png") throw ConfigError("--out: expected a file name ending in .png");
  require_free_outputs(flags);
  app::keep_going_without_readers();
  const app::Company company(flags.ranks, flags.arguments);
  return company.run([&] {
    const torch::Device device = flags.common.apply(&company);
    const OpenedRun opened = open_run(flags.run, catalog, device, flags.weights);
    for (const auto& skip : opened.skipped)
      app::warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
    app::info("step " + std::to_string(opened.checkpoint.step) + (opened.averaged ? ", averaged weights" : ""));

    flags.request.ranks = company.join(device, false).ranks;
    // Only rank 0 writes: another rank's own picture would be missing without a word.
    flags.request.ranks->require_same("--run and --out", flags.run.string() + "\n" + flags.out.string());
    if (const auto folder = flags.out.parent_path(); !folder.empty() && company.leads()) {
      require_writable_directory(folder);
    }
    const Drawing drawing = draw(opened, cli, flags, catalog, device);
    if (!company.leads()) return 0;
    write(drawing, outputs_of(flags.out));
    if (drawing.samples) report_variety(opened, drawing.images, flags);
    return 0;
  });
}

}  // namespace

int sample_main(int argc, char** argv, const Catalog& catalog) {
  CLI::App cli("Draws images from a trained run: a grid as PNG and the raw samples as .npy.", "cebm-sample");
  SampleFlags flags;
  flags.arguments.assign(argv, argv + argc);
  add_sample_flags(cli, flags);
  return app::run_program(cli, argc, argv, [&] { return run_sample(cli, flags, catalog); });
}

}  // namespace cebm
