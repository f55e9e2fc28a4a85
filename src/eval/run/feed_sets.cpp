#include "eval/run/feed_sets.h"

#include <cebm/errors.h>

#include "eval/run/provenance.h"
#include "runs/own_data.h"

namespace cebm {

FeedSets::FeedSets(const OpenedRun& run, const Catalog& catalog, const EvaluationPlan& plan, std::string version)
    : run_(run), catalog_(catalog), plan_(plan), version_(std::move(version)), known_(plan.columns) {}

void FeedSets::find(Reading& reading) const {
  const Feed& feed = reading.feed;
  reading.source = {choice(feed).name(), feed.split, {}, {}};
  if (auto known = known_.find(request_of(feed), folders_of(feed))) {
    reading.source.files = std::move(known->files);
    reading.source.provenance = std::move(known->provenance);
    return;
  }
  load(reading);
}

void FeedSets::remember(const Reading& reading) {
  known_.remember(request_of(reading.feed), folders_of(reading.feed), *reading.data, reading.source.provenance);
}

void FeedSets::load(Reading& reading) const {
  const Choice<DatasetEntry> data = choice(reading.feed);
  const ImageShape image = run_.model->image_shape();
  DataContext context = context_of(reading.feed);
  context.progress = [&](std::uint64_t done, std::uint64_t total) {
    if (plan_.progress) plan_.progress("read " + data.name(), done, total);
  };
  auto set = read_dataset(data, context);
  if (plan_.resize) *set = resized(*set, image);
  require_image_shape(*run_.model, set->image_shape(),
                      "data set " + set->name + (plan_.resize ? "" : " (--resize brings it to the model's size)"));
  for (const std::string& warning : set->warnings) say(plan_, "warning: " + warning);
  reading.data = std::move(set);
  reading.source.files = reading.data->files;
  reading.source.provenance = data_provenance(*reading.data);
}

bool FeedSets::is_own(const Feed& feed) const { return feed.data.empty() || feed.data == run_.config->data.name(); }

Choice<DatasetEntry> FeedSets::choice(const Feed& feed) const {
  const bool own = is_own(feed);
  Choice<DatasetEntry> data(catalog_, own ? run_.config->data.name() : feed.data);
  if (own) {
    ConfigNode node = parse_config(dump_options(run_.config->data.options()), "the run's data set");
    apply_overrides(node, plan_.data_options, "--data-option");
    read_options(node, data.options());
  }
  return data;
}

DataContext FeedSets::context_of(const Feed& feed) const {
  DataContext context = own_data(run_, plan_.data_root, feed.split);
  if (!is_own(feed)) context.seed = plan_.seed;
  context.own = [this](const std::string& split) {
    return choice(Feed{}).build(own_data(run_, plan_.data_root, split));
  };
  return context;
}

std::vector<std::filesystem::path> FeedSets::folders_of(const Feed& feed) const {
  return data_folders(choice(feed).name(), context_of(feed));
}

/// Everything besides its files that the set's images depend on.
nlohmann::json FeedSets::request_of(const Feed& feed) const {
  const Choice<DatasetEntry> data = choice(feed);
  const ImageShape image = run_.model->image_shape();
  return {{"version", version_},
          {"set", data.name()},
          {"options", dump_options(data.options())},
          {"split", feed.split},
          {"seed", context_of(feed).seed},
          {"image", {image.channels, image.height, image.width}},
          {"resize", plan_.resize}};
}

}  // namespace cebm
