// The checkpoints of one run: saving, pruning, going back.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

class CheckpointKeeper {
 public:
  using Say = std::function<void(const std::string&)>;

  /// `say` hears what was skipped, and that there can be no `latest`.
  CheckpointKeeper(std::filesystem::path folder, const CheckpointOptions& options, const GuardOptions& guard, Say say);

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
  /// Moves `latest`; says once why it cannot.
  void point_to(const std::filesystem::path& checkpoint);

  std::filesystem::path folder_;
  Retention retention_;
  Say say_;
  bool said_ = false;
};

}  // namespace cebm
