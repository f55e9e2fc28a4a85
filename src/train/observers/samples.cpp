#include <cebm/files.h>
#include <cebm/image_io.h>

#include <algorithm>
#include <system_error>

#include "base/durable/new_file.h"
#include "runs/run_layout.h"
#include "runs/sample_grids.h"
#include "train/observers/observers.h"
#include "train/run_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLastGrid = "last_grid";  // in the part "progress" of a checkpoint

class SampleObserver final : public Observer {
 public:
  explicit SampleObserver(const TrainSession& session)
      : session_(session),
        folder_(session.directory() / run_layout::kSamples),
        count_(session.config().train.sample_count),
        every_(session.config().train.sample_every) {}

  void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json& progress) override {
    attempt_ = &attempt;
    last_grid_ = 0;
    if (!session_.leads()) return;
    remove_samples_after(session_.directory(), step);  // stale grids of an earlier attempt
    remove_last_grid(progress.value(kLastGrid, std::uint64_t{0}));
    const Dataset& data = *session_.dataset();
    const Picture grid = make_grid(data.images.narrow(0, 0, std::min(count_, data.size())));
    session_.write_or_warn("samples/data.png", [&] { write("data.png", grid); });
  }

  bool reads_attempt(const StepState& state) const override { return state.is_last() || state.is_due(every_); }

  std::optional<Finding> look(const StepState& state, const NamedValues&) override {
    if (!reads_attempt(state)) return std::nullopt;
    const torch::Tensor images = attempt_->learner.objective().showcase(count_);
    if (!images.defined()) return std::nullopt;
    if (!state.is_due(every_)) last_grid_ = state.step;
    const std::string name = sample_name(state.step);
    session_.try_to_write("samples/" + name, [&] { write(name, make_grid(images)); });
    return std::nullopt;
  }

  void save(nlohmann::json& progress) const override {
    if (last_grid_ > 0) progress[kLastGrid] = last_grid_;
  }

 private:
  /// A run that goes on has no grid of a last step that it would not have drawn itself.
  void remove_last_grid(std::uint64_t step) const {
    std::error_code ignored;
    if (step % static_cast<std::uint64_t>(every_) != 0) fs::remove(folder_ / sample_name(step), ignored);
  }

  void write(const std::string& name, const Picture& picture) const {
    std::error_code ignored;
    if (!fs::is_directory(folder_, ignored)) require_writable_directory(folder_);
    write_if_other(folder_ / name, encode_png(picture));
  }

  const TrainSession& session_;
  fs::path folder_;
  std::int64_t count_;
  std::int64_t every_;
  const Attempt* attempt_ = nullptr;
  std::uint64_t last_grid_ = 0;  ///< step of a grid that was drawn for being the last one alone; 0: none
};

}  // namespace

std::unique_ptr<Observer> write_samples(const TrainSession& session) {
  return std::make_unique<SampleObserver>(session);
}

}  // namespace cebm
