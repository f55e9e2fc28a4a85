// The data sets that feeds ask for.
#pragma once

#include "eval/run/provenance_cache.h"
#include "eval/run/reading.h"

namespace cebm {

class FeedSets {
 public:
  /// All must outlive it. `version` of the program: another may read the same files differently.
  FeedSets(const OpenedRun& run, const Catalog& catalog, const EvaluationPlan& plan, std::string version);

  /// Fills in reading.source, from the provenance cache or, on a miss, by reading the set. Throws the errors of that.
  void find(Reading& reading) const;
  /// Stores the source of a set that was read in the provenance cache. Throws IoError.
  void remember(const Reading& reading);
  /// Reads the set of reading.feed. Throws DataError, ConfigError where its images have another shape than the model's.
  void load(Reading& reading) const;

  /// Whether it is the set that the run was trained on.
  bool is_own(const Feed& feed) const;

 private:
  Choice<DatasetEntry> choice(const Feed& feed) const;
  DataContext context_of(const Feed& feed) const;
  std::vector<std::filesystem::path> folders_of(const Feed& feed) const;
  nlohmann::json request_of(const Feed& feed) const;

  const OpenedRun& run_;
  const Catalog& catalog_;
  const EvaluationPlan& plan_;
  std::string version_;
  ProvenanceCache known_;
};

}  // namespace cebm
