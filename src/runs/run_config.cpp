#include <cebm/errors.h>
#include <cebm/run.h>

#include <map>
#include <sstream>

namespace cebm {

namespace fs = std::filesystem;

void TrainOptions::fields(Fields& visit, const Conditions& conditions) {
  visit.harmless([&] {
    visit.integer(
        "steps", steps, {1, 1000000000},
        "gradient steps. What ends with the last one, such as a decay whose `end` is 0, changes its course if "
        "this changes at a resume");
  });
  visit.integer("batch_size", batch_size, {1, 1000000}, "data images and chains per gradient step");
  visit.integer("seed", seed, {0, std::numeric_limits<std::int64_t>::max()}, "seed of everything random in the run");
  visit.when(conditions.takes_noise, [&] {
    visit.real("data_noise_std", data_noise_std, {0.0, 10.0}, "std of the Gaussian noise added to data images");
  });
  visit.when(conditions.takes_labels, [&] {
    visit.integer("labels_per_class", labels_per_class, {0, 1000000000},
                  "images of each class whose labels are learned, drawn by the seed, the others being there without; "
                  "0: all");
  });
  visit.real("ema_decay", ema_decay, {0.0, 0.9999999}, "decay of the moving average of the weights; 0: none");
  visit.harmless([&] {
    visit.when(conditions.guarded, [&] {
      visit.real("max_energy", max_energy, {1.0, 1e30},
                 "a metric of a step, such as a mean energy or the loss, beyond this in size counts as divergence");
    });
    visit.integer("log_every", log_every, {1, 1000000000}, "steps between rows of metrics.csv");
    visit.integer("sample_every", sample_every, {1, 1000000000}, "steps between sample grids");
    visit.integer("sample_count", sample_count, {1, 10000}, "images in a sample grid");
    visit.boolean("tensorboard", tensorboard,
                  "write metrics, sample grids, energies and configuration for TensorBoard as well, into the run's "
                  "events.out.tfevents.0.cebm");
    visit.integer("report_every", report_every, {0, 1000000},
                  "seconds between writings of report.html while it trains, which a page that is open shows by itself; "
                  "0: at the end alone");
    visit.real("max_hours", max_hours, {0.0, 1e6},
               "hours after which the program saves and ends with code 0, to be resumed; 0: no limit");
  });
  visit.section("optimizer", optimizer, "Adam");
  visit.section("spectral_norm", spectral_norm, "bound on the weights of an energy's encoder");
}

void CheckpointOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, WriteFailure> failures[] = {{"stop", WriteFailure::stop},
                                                                      {"continue", WriteFailure::proceed}};
  visit.integer("every", every, {1, 1000000000}, "steps between checkpoints; the last step always has one");
  visit.integer("keep_last", keep_last, {0, 1000000},
                "regular checkpoints to keep; 0: all. One that precedes the newest by guard.margin is kept besides");
  visit.when({keep_last > 0, "keep_last: 1 or more"}, [&] {
    visit.integer("keep_every", keep_every, {0, 1000000000},
                  "keep for good the checkpoints at multiples of this many steps; 0: none");
  });
  visit.enumeration<WriteFailure>(
      "on_failure", on_failure, failures,
      "when a checkpoint, metrics or a picture cannot be written: stop, or continue without "
      "it (the last checkpoint must be written all the same)");
}

namespace {

/// The objectives that a configuration has not chosen.
class Others {
 public:
  explicit Others(const RunConfig& config) {
    for (const auto& [name, summary] : config.objective.alternatives()) {
      if (name != config.objective.name()) rows_.emplace_back(name, config.objective.defaults_of(name));
    }
  }
  void sections(Fields& visit) const {
    show(visit, "objective", [](ObjectiveOptions& options, Fields& fields) { options.sections(fields); });
  }
  void limits(Fields& visit) const {
    show(visit, "objective", [](ObjectiveOptions& options, Fields& fields) {
      GuardOptions guard;
      guard.fields(fields, options.metrics(), options.has_sampler());
    });
  }

 private:
  /// Groups objectives with the same settings.
  template <class Describe>
  void show(Fields& visit, const char* choice, const Describe& describe) const {
    std::map<std::vector<std::string>, std::pair<std::string, ObjectiveOptions*>> groups;
    for (const auto& [name, options] : rows_) {
      auto& of_row = dynamic_cast<ObjectiveOptions&>(*options);
      auto& [names, first] = groups[field_names([&](Fields& fields) { describe(of_row, fields); })];
      names += (names.empty() ? "objective: " : " or ") + name;
      if (first == nullptr) first = &of_row;
    }
    for (const auto& [settings, group] : groups) {
      visit.absent(choice, group.first, [&, &first = group.second](Fields& fields) { describe(*first, fields); });
    }
  }

  std::vector<std::pair<std::string, std::unique_ptr<Options>>> rows_;
};

}  // namespace

RunConfig::RunConfig(const Catalog& catalog)
    : data(catalog, "fashion_mnist"),
      model(catalog, "cebm"),
      objective(catalog, "pcd"),
      catalog_(&catalog),
      any_sampler_(catalog, registry_of<SamplerEntry>(catalog).rows().front().name) {}

ObjectiveOptions& RunConfig::objective_options() { return dynamic_cast<ObjectiveOptions&>(objective.options()); }
const ObjectiveOptions& RunConfig::objective_options() const {
  return dynamic_cast<const ObjectiveOptions&>(objective.options());
}

Choice<SamplerEntry>& RunConfig::sampler() {
  Choice<SamplerEntry>* const own = objective_options().sampler();
  return own == nullptr ? any_sampler_ : *own;
}

void RunConfig::fields(Fields& visit) {
  visit.variant("data", data, "training images");
  visit.variant("model", model, "what is trained");
  visit.variant("objective", objective, "what is minimised");
  const Others others(*this);
  ObjectiveOptions& chosen = objective_options();  // which visit.variant() may have replaced
  const std::string with = chosen.has_sampler() ? "an objective that moves chains" : "objective: " + objective.name();
  visit.when({true, with}, [&] { chosen.sections(visit); });
  others.sections(visit);

  DescribedBy train_here([&](Fields& inside) {
    train.fields(inside, {.guarded = {guard.policy != GuardPolicy::off, "guard.policy: stop or rollback"},
                          .takes_noise = {chosen.uses_data_noise(), "an objective that learns images with noise"},
                          .takes_labels = {chosen.uses_labels(), "an objective that learns labels"}});
  });
  DescribedBy guard_here([&](Fields& inside) {
    guard.fields(inside, chosen.metrics(), chosen.has_sampler());
    others.limits(inside);
  });
  visit.section("train", train_here, "training loop");
  visit.harmless([&] { visit.section("checkpoint", checkpoint, "what is saved for going on later"); });
  visit.section("guard", guard_here, "what counts as divergence, and what is done about it");
}

namespace {

/// Why something of that name is no configuration, for a list of the places searched; empty if there is nothing.
std::string what_is_there(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) return " (a directory)";
  return fs::is_symlink(file, ignored) ? " (a link that leads nowhere)" : "";
}

}  // namespace

std::filesystem::path find_config(const std::string& name_or_path) {
  const fs::path given(name_or_path);
  std::vector<std::string> folders{""};
  if (given.is_relative()) {
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    folders.emplace_back(program.string() + "/../share/cebm/configs");
    folders.emplace_back(CEBM_SOURCE_DIR "/configs");  // for a program that is not installed
  }
  std::ostringstream searched;
  for (const std::string& folder : folders) {
    const fs::path file = fs::path(folder) / given;
    const fs::path with_suffix = fs::path(file).concat(".yaml");
    if (fs::is_regular_file(file)) return file;
    if (fs::is_regular_file(with_suffix)) return with_suffix;
    if (folder.empty() && fs::exists(file) && !fs::is_directory(file)) return file;  // a pipe: -c <(...)
    searched << "\n  " << file.lexically_normal().string() << what_is_there(file);
  }
  throw ConfigError("no configuration '" + name_or_path + "'; looked for (with and without .yaml):" + searched.str());
}

}  // namespace cebm
