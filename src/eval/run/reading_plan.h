// Which sets are read for a number of evaluations, each once.
#pragma once

#include <optional>

#include "eval/run/feed_sets.h"

namespace cebm {

class ReadingPlan {
 public:
  /// All must outlive it.
  ReadingPlan(FeedSets& sets, const std::vector<Evaluation>& evaluations, const EvaluationPlan& plan)
      : sets_(sets), evaluations_(evaluations), plan_(plan) {}

  /// The evaluation becomes a listener of the sets of all its feeds. Throws for one that cannot be had and is not
  /// optional, DataError where one that has to be distinct is not.
  void add(std::size_t evaluation);
  /// Accuracies of a test set that is the training set mean nothing, but a folder without splits has no other.
  void warn_of_splits_that_are_one() const;

  std::vector<Reading>& readings() { return readings_; }
  /// Provenance of the sets of an evaluation in the order of its feeds, whatever else is evaluated.
  std::vector<nlohmann::json> provenance_of(std::size_t evaluation) const;

 private:
  Reading& reading_of(const Feed& feed);
  Reading without(const Feed& feed, const std::string& reason) const;
  std::optional<std::string> repetition(const Reading& reading, std::size_t evaluation, bool distinct,
                                        const std::vector<Feed>& feeds) const;

  FeedSets& sets_;
  const std::vector<Evaluation>& evaluations_;
  const EvaluationPlan& plan_;
  std::vector<Reading> readings_;
};

}  // namespace cebm
