#include "train/observers/observers.h"

namespace cebm {

namespace {

class DivergenceObserver final : public Observer {
 public:
  void begin(Attempt& attempt, std::uint64_t, const nlohmann::json&) override { attempt_ = &attempt; }
  std::optional<Finding> look(const StepState&, const NamedValues& values) override {
    return attempt_->guard.look_at_step(values);
  }
  void save(nlohmann::json& progress) const override { progress["guard"] = attempt_->guard.save(); }

 private:
  Attempt* attempt_ = nullptr;
};

}  // namespace

std::unique_ptr<Observer> watch_for_divergence() { return std::make_unique<DivergenceObserver>(); }

}  // namespace cebm
