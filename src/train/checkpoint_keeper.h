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

  /// `say` receives warnings about skipped checkpoints and about a link `latest` that cannot be made. Only rank 0 lists
  /// and prunes the folder; all ranks save and load.
  CheckpointKeeper(std::filesystem::path folder, const CheckpointOptions& options, const GuardOptions& guard, Say say,
                   std::shared_ptr<Ranks> ranks = single_rank());

  /// Loads the newest intact checkpoint and renames damaged newer ones to <name>.damaged. Returns nothing if there is
  /// no checkpoint. Throws CheckpointError if all are damaged.
  std::optional<Checkpoint> open();
  /// Removes superseded checkpoints.
  void prune();
  /// Saves a checkpoint, points the link `latest` to it where possible, then prunes superseded ones. If it throws
  /// IoError, all earlier checkpoints are still there.
  void save(const Checkpoint& checkpoint);
  /// Loads the checkpoint that `choose` picks from the steps of the regular ones (regular_checkpoints), and
  /// removes later ones. Renames a damaged pick and asks again. Returns nothing if `choose` does.
  std::optional<Checkpoint> go_back(
      const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose);

  /// The newest regular checkpoint that precedes a finding at `step` by at least guard.margin.
  std::optional<std::uint64_t> good_before(std::uint64_t step) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::vector<std::uint64_t> regular() const;
  std::optional<Checkpoint> open_alone();
  std::optional<Checkpoint> go_back_alone(
      const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose);
  /// Calls `find` on rank 0; every rank returns the checkpoint that it finds.
  std::optional<Checkpoint> found_by_lead(const std::function<std::optional<Checkpoint>()>& find) const;
  /// Points the link `latest` to `checkpoint`; warns once if it cannot.
  void point_to(const std::filesystem::path& checkpoint);

  std::filesystem::path folder_;
  Retention retention_;
  Say say_;
  std::shared_ptr<Ranks> ranks_;
  bool said_ = false;
};

}  // namespace cebm
