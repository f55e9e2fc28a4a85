// The checkpoints of one run: saving, pruning, going back.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

class CheckpointKeeper {
 public:
  using Say = std::function<void(const std::string&)>;

  /// `say` hears what was skipped, and that there can be no `latest`. Of several ranks the first one looks into the
  /// folder and tidies up there, and all save and load.
  CheckpointKeeper(std::filesystem::path folder, const CheckpointOptions& options, const GuardOptions& guard, Say say,
                   std::shared_ptr<Ranks> ranks = single_rank());

  /// The newest that is whole; damaged newer ones are put aside, and what is superseded is removed.
  /// Nothing if there is none. Throws CheckpointError if all are damaged.
  std::optional<Checkpoint> open();
  /// Saves, moves `latest` where it can be, then removes what is superseded. Throws IoError: then all earlier ones are
  /// still there.
  void save(const Checkpoint& checkpoint);
  /// A whole one to go back to, chosen by `choose` among the steps of the regular ones; later ones are removed. Nothing
  /// if none is left.
  std::optional<Checkpoint> go_back(
      const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose);

  /// The newest regular checkpoint that precedes a finding at `step` by the margin.
  std::optional<std::uint64_t> good_before(std::uint64_t step) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::vector<std::uint64_t> regular() const;
  std::optional<Checkpoint> open_alone();
  std::optional<Checkpoint> go_back_alone(
      const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose);
  /// What `find` gives to rank 0, for all ranks.
  std::optional<Checkpoint> found_by_lead(const std::function<std::optional<Checkpoint>()>& find) const;
  /// Moves `latest`; says once why it cannot.
  void point_to(const std::filesystem::path& checkpoint);

  std::filesystem::path folder_;
  Retention retention_;
  Say say_;
  std::shared_ptr<Ranks> ranks_;
  bool said_ = false;
};

}  // namespace cebm
