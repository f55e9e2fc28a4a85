#include "eval/run/reading_plan.h"

#include <cebm/errors.h>
#include <cebm/text.h>

#include <map>

namespace cebm {

void ReadingPlan::add(std::size_t evaluation) {
  const std::vector<Feed> feeds = evaluations_[evaluation].evaluator->feeds();
  for (std::size_t f = 0; f < feeds.size(); ++f) {
    Reading* reading = &reading_of(feeds[f]);
    if (const auto reason = repetition(*reading, evaluation, feeds[f].distinct, feeds)) {
      if (!feeds[f].optional) throw DataError(evaluations_[evaluation].name + ": " + *reason);
      reading = &readings_.emplace_back(without(feeds[f], *reason));
    }
    reading->listeners.emplace_back(evaluation, f);
  }
}

Reading& ReadingPlan::reading_of(const Feed& feed) {
  for (Reading& reading : readings_) {
    if (reading.feed.data != feed.data || reading.feed.split != feed.split) continue;
    if (!reading.missing.empty() && !feed.optional) throw DataError(reading.missing);
    return reading;
  }
  Reading reading{feed};
  try {
    sets_.find(reading);
  } catch (const Error& error) {
    if (!feed.optional) throw;
    reading = without(feed, error.what());
  }
  if (reading.data) caches_.attempt([&] { sets_.remember(reading); });
  return readings_.emplace_back(std::move(reading));
}

/// The reading of an optional set that is unavailable.
Reading ReadingPlan::without(const Feed& feed, const std::string& reason) const {
  Reading reading{feed};
  reading.missing = readable(reason);
  reading.source.provenance = {{"name", feed.data}, {"split", feed.split}, {"missing", reading.missing}};
  say(plan_, "warning: goes on without data set " + feed.data + ": " + reason);
  return reading;
}

/// The reason why the images repeat another feed of the evaluation although one of the two must be distinct, if so.
std::optional<std::string> ReadingPlan::repetition(const Reading& reading, std::size_t evaluation, bool distinct,
                                                   const std::vector<Feed>& feeds) const {
  if (!reading.missing.empty()) return std::nullopt;
  for (const Reading& other : readings_) {
    if (!other.missing.empty()) continue;
    for (const auto& [listener, f] : other.listeners) {
      if (listener != evaluation || !(distinct || feeds[f].distinct)) continue;
      if (auto reason = same_images(other.source, reading.source)) return reason;
    }
  }
  return std::nullopt;
}

void ReadingPlan::warn_of_splits_that_are_one() const {
  for (std::size_t a = 0; a < readings_.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const SetSource& one = readings_[a].source;
      const SetSource& other = readings_[b].source;
      if (one.name != other.name || one.split == other.split || !readings_[a].missing.empty()) continue;
      if (const auto reason = same_images(other, one)) say(plan_, "warning: " + *reason);
    }
  }
}

std::vector<nlohmann::json> ReadingPlan::provenance_of(std::size_t evaluation) const {
  std::map<std::size_t, nlohmann::json> of_feeds;
  for (const Reading& reading : readings_) {
    for (const auto& [e, f] : reading.listeners) {
      if (e != evaluation) continue;
      nlohmann::json& provenance = of_feeds[f] = reading.source.provenance;
      if (!reading.missing.empty()) continue;
      provenance["name"] = reading.source.name;  // the row's, whatever the set calls itself
      if (!sets_.is_own(reading.feed)) continue;
      for (const std::string& option : plan_.data_options) provenance["options"].push_back(readable(option));
    }
  }
  std::vector<nlohmann::json> in_order;
  for (auto& [f, provenance] : of_feeds) in_order.push_back(std::move(provenance));
  return in_order;
}

}  // namespace cebm
