// The sets that several evaluations need, each read once.
#pragma once

#include <optional>

#include "eval/run/cache_writing.h"
#include "eval/run/feed_sets.h"

namespace cebm {

class ReadingPlan {
 public:
  /// All must outlive it.
  ReadingPlan(FeedSets& sets, const std::vector<Evaluation>& evaluations, const EvaluationPlan& plan,
              CacheWriting& caches)
      : sets_(sets), evaluations_(evaluations), plan_(plan), caches_(caches) {}

  /// Makes the evaluation a listener of the sets of all its feeds. Throws the errors of reading a set that is not
  /// optional, DataError if it repeats the images of another feed although one of the two must be distinct.
  void add(std::size_t evaluation);
  /// Warns of splits of one set that are the same images: their test accuracies mean nothing, but a folder without
  /// splits has no others.
  void warn_of_splits_that_are_one() const;

  std::vector<Reading>& readings() { return readings_; }
  /// Provenance of the sets of an evaluation in the order of its feeds, independent of the other evaluations; for the
  /// run's own set also the options that the evaluation gave it, {"options": ["limit=200"]}, if there are any.
  std::vector<nlohmann::json> provenance_of(std::size_t evaluation) const;

 private:
  Reading& reading_of(const Feed& feed);
  Reading without(const Feed& feed, const std::string& reason) const;
  std::optional<std::string> repetition(const Reading& reading, std::size_t evaluation, bool distinct,
                                        const std::vector<Feed>& feeds) const;

  FeedSets& sets_;
  const std::vector<Evaluation>& evaluations_;
  const EvaluationPlan& plan_;
  CacheWriting& caches_;
  std::vector<Reading> readings_;
};

}  // namespace cebm
