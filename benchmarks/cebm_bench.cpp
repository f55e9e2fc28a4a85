// cebm-bench: how fast the sampler, a training step, the loader and the evaluation are on this machine.
#include <ATen/Parallel.h>
#include <cebm/device.h>
#include <cebm/files.h>
#include <cebm/machine.h>
#include <cebm/programs.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

#include "programs/program.h"
#include "report.h"

namespace {

using namespace bench;

struct Flags {
  cebm::app::CommonFlags common;
  std::vector<std::string> parts{"sampler", "loss", "training", "loading", "evaluation"};
  std::vector<std::string> subjects;
  std::vector<std::string> precisions{"float32", "bfloat16"};
  std::vector<std::int64_t> batches{128};
  std::vector<int> threads;
  std::int64_t steps = 60;
  int repeats = 5;
  bool compare_precisions = false;
  std::string json;
  std::string write_case;
};

using Part = Row (*)(const Setting&);

const std::vector<std::pair<std::string, Part>>& parts() {
  static const std::vector<std::pair<std::string, Part>> all{
      {"sampler", sampler_step}, {"loss", loss_gradient},    {"training", training_step},
      {"loading", data_loading}, {"evaluation", evaluation}, {"precision", compared_precisions},
      {"scaling", scaling}};
  return all;
}

void add_flags(CLI::App& cli, Flags& flags) {
  const auto names = [](const auto& rows, auto name) {
    std::vector<std::string> all;
    for (const auto& row : rows) all.push_back(name(row));
    return all;
  };
  const auto part_names = names(parts(), [](const auto& part) { return part.first; });
  const auto subject_names = names(subjects(), [](const Subject& subject) { return std::string(subject.name); });
  flags.subjects = subject_names;
  cli.add_option("--only", flags.parts, "parts to measure")->delimiter(',')->check(CLI::IsMember(part_names));
  cli.add_option("--network", flags.subjects, "networks")->delimiter(',')->check(CLI::IsMember(subject_names));
  cli.add_option("--precision", flags.precisions, "of the sampler")
      ->delimiter(',')
      ->check(CLI::IsMember({"float32", "bfloat16", "tf32", "auto"}));
  cli.add_flag("--compare-precisions", flags.compare_precisions,
               "only compare bfloat16 with float32, and say what auto chooses");
  cli.add_option("--batch", flags.batches, "chains or images")->delimiter(',')->check(CLI::Range(1, 1 << 20));
  cli.add_option("--thread-counts", flags.threads, "measure with each of these numbers of threads")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  cli.add_option("--steps", flags.steps, "Langevin steps of a call")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  cli.add_option("--repeats", flags.repeats, "measured runs of each, after two that are not")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  cebm::app::add_path(cli, "--json", flags.json, "write everything to this file as well, or only to the output with -");
  cebm::app::add_path(cli, "--write-case", flags.write_case,
                      "instead, write the weights, images and gradients of one network to this .safetensors file");
  flags.common.add_to(cli);
}

cebm::Precision precision_of(const std::string& word) {
  using cebm::Precision;
  for (const Precision precision : {Precision::bfloat16, Precision::tf32, Precision::automatic}) {
    if (word == cebm::name_of(precision)) return precision;
  }
  return Precision::float32;
}

std::vector<Setting> settings_of(const Flags& flags, torch::Device device) {
  std::vector<Setting> all;
  for (const std::string& name : flags.subjects) {
    const auto subject =
        std::find_if(subjects().begin(), subjects().end(), [&](const Subject& s) { return s.name == name; });
    for (const std::string& precision : flags.precisions) {
      for (const std::int64_t batch : flags.batches) {
        for (const int threads : flags.threads) {
          all.push_back({*subject, precision_of(precision), batch, flags.steps, threads, flags.repeats, device});
        }
      }
    }
  }
  return all;
}

int run(Flags& flags) {
  const torch::Device device = flags.common.apply();
  if (flags.threads.empty()) flags.threads = {at::get_num_threads()};
  if (flags.compare_precisions) {
    flags.parts = {"precision"};
    flags.precisions = {"float32"};
  }
  const std::vector<Setting> settings = settings_of(flags, device);
  if (!flags.write_case.empty()) {
    write_case(settings.front(), flags.write_case);
    return 0;
  }
  const bool quiet = flags.json == "-";
  nlohmann::json results = {{"version", cebm::version()}, {"rows", nlohmann::json::array()}};
  std::map<int, Peak> peaks;
  for (const int threads : flags.threads) {
    const Machine machine = this_machine(threads);
    peaks[threads] = machine.peak;
    results["machines"].push_back(to_json(machine));
    if (!quiet) std::cout << describe(machine) << '\n';
  }
  if (!quiet) std::cout << cebm::describe_device(device) << std::endl;
  for (const auto& [name, part] : parts()) {
    if (std::find(flags.parts.begin(), flags.parts.end(), name) == flags.parts.end()) continue;
    for (const Setting& setting : settings) {
      // Loading and evaluation do not depend on the sampler's precision.
      const bool same = name == "loading" || name == "evaluation" || name == "loss" || name == "scaling";
      if (same && setting.precision != settings.front().precision) continue;
      at::set_num_threads(setting.threads);
      const Row row = part(setting);
      results["rows"].push_back(to_json(row, setting, peaks[setting.threads]));
      if (!quiet) std::cout << describe(row, setting, peaks[setting.threads]) << std::endl;
    }
  }
  if (quiet) {
    std::cout << results.dump(1) << '\n';
  } else if (!flags.json.empty()) {
    cebm::write_file_atomically(flags.json, results.dump(1) + "\n");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Times what training is made of, each part checked against the reference first.", "cebm-bench");
  Flags flags;
  add_flags(cli, flags);
  cebm::end_program(cebm::app::run_program(cli, argc, argv, [&] { return run(flags); }));
}
