#include <cebm/files.h>
#include <cebm/image_io.h>

#include "runs/sample_grids.h"
#include "train/observers/observers.h"
#include "train/run_files.h"

namespace cebm {

namespace {

class SampleObserver final : public Observer {
 public:
  explicit SampleObserver(const TrainSession& session)
      : session_(session), folder_(session.directory() / "samples"), count_(session.config().train.sample_count) {}

  void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json&) override {
    attempt_ = &attempt;
    if (!session_.leads()) return;
    require_writable_directory(folder_);
    remove_samples_after(session_.directory(), step);  // stale grids of an earlier attempt
    const Dataset& data = *session_.dataset();
    write_png(folder_ / "data.png", make_grid(data.images.narrow(0, 0, std::min(count_, data.size()))));
  }

  bool reads_attempt(const StepState& state) const override {
    return state.is_last() || state.is_due(session_.config().train.sample_every);
  }

  std::optional<Finding> look(const StepState& state, const NamedValues&) override {
    if (!reads_attempt(state)) return std::nullopt;
    const torch::Tensor images = attempt_->learner.objective().showcase(count_);
    const std::string name = sample_name(state.step);
    if (images.defined()) {
      session_.try_to_write("samples/" + name, [&] { write_png(folder_ / name, make_grid(images)); });
    }
    return std::nullopt;
  }

 private:
  const TrainSession& session_;
  std::filesystem::path folder_;
  std::int64_t count_;
  const Attempt* attempt_ = nullptr;
};

}  // namespace

std::unique_ptr<Observer> write_samples(const TrainSession& session) {
  return std::make_unique<SampleObserver>(session);
}

}  // namespace cebm
