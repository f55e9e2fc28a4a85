#include "programs/eval_flags.h"

#include <cebm/dataset_options.h>
#include <cebm/errors.h>
#include <cebm/files.h>

#include <algorithm>

#include "base/option_text.h"
#include "programs/command_line.h"
#include "runs/average_part.h"
#include "runs/weights_name.h"

namespace cebm::app {

namespace {

/// Seconds. Other ranks wait while rank 0 computes what is not shared.
constexpr int kEvaluationTimeout = 24 * 3600;

/// The text as part of a file's name; if it is long or has other characters than names usually have, shortened and
/// told apart from others by a checksum.
std::string as_file_name(const std::string& text) {
  constexpr std::size_t kLongest = 48;
  std::string name = text.substr(0, kLongest);
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && std::string_view("._=-").find(c) == std::string_view::npos) c = '_';
  }
  return name == text ? name : name + "-" + sha256(text).substr(0, 8);
}

/// Whether a set's images are by default made of those of the set that the run was trained on.
bool is_derived(const Catalog& catalog, const std::string& data) {
  const auto options = catalog.datasets.find(data).options(catalog);
  const auto* const derived = dynamic_cast<const DerivedOptions*>(options.get());
  return derived != nullptr && derived->of.empty();
}

}  // namespace

void EvaluationFlags::add_run_to(CLI::App& cli) { add_path(cli, "-r,--run", run, "run directory")->required(); }

void EvaluationFlags::add_to(CLI::App& cli, const std::string& set_help) {
  add_run_to(cli);
  cli.add_option("--data", own.data, "data set of evaluators that look at any; default the run's own");
  cli.add_option("--split", own.split, "its split, of evaluators that look at one: train or test; svhn also extra")
      ->capture_default_str();
  cli.add_option("--data-option", plan.data_options, "option of the run's own data set: --data-option limit=1000")
      ->take_all()
      ->allow_extra_args(false);
  add_weights(cli, weights);
  cli.add_option("-s,--set", overrides, set_help)->take_all()->allow_extra_args(false);
  add_count(cli, "--seed", plan.seed,
            "seed of the draws of labels, images, resamples and chains; quantities of each image have the run's")
      ->capture_default_str();
  cli.add_option("--batch-size", plan.batch_size, "images at a time; results do not depend on it")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  cli.add_flag("--resize", plan.resize, "bring sets of another image shape to the model's");
  ranks.timeout = kEvaluationTimeout;
  ranks.add_to(cli);
  common.add_to(cli);
}

EvaluationFlags as_read(const EvaluationFlags& flags, OwnSet own) {
  EvaluationFlags read = flags;
  if (own == OwnSet::fixed) read.own.data = Feed().data;
  if (own != OwnSet::data_and_split) read.own.split = Feed().split;
  return read;
}

bool reads_own_set(const std::vector<Feed>& feeds, const OpenedRun& run, const Catalog& catalog) {
  return std::ranges::any_of(feeds, [&](const Feed& feed) {
    return feed.data.empty() || feed.data == run.config->data.name() || is_derived(catalog, feed.data);
  });
}

void refuse_unread(const EvaluationFlags& flags, const std::vector<EvaluationFlags>& read, const std::string& name) {
  const auto unread = [&](const auto& of) {
    return !read.empty() &&
           std::ranges::none_of(read, [&](const EvaluationFlags& one) { return of(one) == of(flags); });
  };
  const std::string nothing = ": has no effect on " + name + ", which ";
  if (unread([](const EvaluationFlags& one) { return one.own.data; })) {
    throw ConfigError("--data " + flags.own.data + nothing + "looks at the set that the run was trained on");
  }
  if (unread([](const EvaluationFlags& one) { return one.own.split; })) {
    throw ConfigError("--split " + flags.own.split + nothing + "chooses its splits itself");
  }
  if (unread([](const EvaluationFlags& one) { return one.plan.data_options; })) {
    throw ConfigError("--data-option " + flags.plan.data_options.front() + nothing +
                      "does not look at the set that the run was trained on");
  }
}

std::filesystem::path default_folder(const std::string& name, const std::vector<Feed>& feeds, const OpenedRun& run,
                                     const EvaluationFlags& read) {
  const bool of_one_set = feeds == std::vector<Feed>{read.own};
  std::vector<std::string> parts;
  if (of_one_set || !read.own.data.empty()) {
    parts.push_back(read.own.data.empty() ? run.config->data.name() : read.own.data);
  }
  if (of_one_set || read.own.split != Feed().split) parts.push_back(as_file_name(read.own.split));
  if (read.weights == Weights::live && run.checkpoint.parts.contains(kAveragePart)) {
    parts.emplace_back(name_of(read.weights));
  }
  for (const std::string& option : read.plan.data_options) parts.push_back(as_file_name(option));
  return parts.empty() ? std::filesystem::path(name) : std::filesystem::path(name) / join(parts, "_");
}

std::string command_line(const std::string& name, const EvaluationFlags& read,
                         const std::vector<std::string>& overrides) {
  CommandLine line("cebm-eval " + name);
  line.add("--run", read.run.string());
  if (!read.common.data_root.empty()) line.add("--data-root", read.common.data_root.string());
  if (!read.own.data.empty()) line.add("--data", read.own.data);
  if (read.own.split != Feed().split) line.add("--split", read.own.split);
  for (const std::string& option : read.plan.data_options) line.add("--data-option", option);
  if (read.weights != Weights::average) line.add("--weights", name_of(read.weights));
  for (const std::string& option : overrides) line.add("--set", option);
  if (read.plan.seed != EvaluationPlan().seed) line.add("--seed", std::to_string(read.plan.seed));
  if (read.plan.resize) line.add("--resize");
  return line.text();
}

}  // namespace cebm::app
