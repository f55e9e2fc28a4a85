// The divergence guard: small watchers of one concern each, and the guard that asks them all.
#pragma once

#include <cebm/checkpoint.h>
#include <cebm/guard.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "train/interval_means.h"

namespace cebm {

/// A quantity that is out of bounds.
struct Finding {
  std::string quantity;
  double value = 0.0;
  std::optional<double> limit;   ///< none: it had to be finite
  std::string advice;            ///< what to change, where the quantity tells; may be empty
  std::string describe() const;  ///< "energy_gap is 12 (limit 10)"
};

/// Watches one concern in the named values of a step or of a row of metrics.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual std::optional<Finding> look(const NamedValues& values) = 0;
  /// What it remembers; part of a checkpoint.
  virtual void save(nlohmann::json& state) const { (void)state; }
  virtual void load(const nlohmann::json& state) { (void)state; }
};

/// Every value is finite.
class NonFiniteWatcher final : public Watcher {
 public:
  std::optional<Finding> look(const NamedValues& values) override;
};

/// The named values, as far as they are there, stay within [-limit, limit].
class LimitWatcher final : public Watcher {
 public:
  LimitWatcher(std::vector<std::string> names, double limit) : names_(std::move(names)), limit_(limit) {}
  std::optional<Finding> look(const NamedValues& values) override;

 private:
  std::vector<std::string> names_;
  double limit_;
};

/// A value does not wander off: its running means m_w of about w steps,
///   m_w <- m_w + (value - m_w) / min(n, w)   after n steps,
/// keep |m_w - m_10w| <= limit from step w on.
class DriftWatcher final : public Watcher {
 public:
  DriftWatcher(std::string name, std::int64_t window, double limit)
      : name_(std::move(name)), window_(window), limit_(limit) {}
  std::optional<Finding> look(const NamedValues& values) override;
  void save(nlohmann::json& state) const override;
  void load(const nlohmann::json& state) override;

 private:
  std::string name_;
  std::int64_t window_;
  double limit_;
  std::int64_t seen_ = 0;
  double fast_ = 0.0;
  double slow_ = 0.0;
};

/// The running mean of a value over about w steps, m <- m + (value - m) / min(n, w) after n steps, stays at or below a
/// limit from step w on. For what a training that works never shows for long.
class MeanWatcher final : public Watcher {
 public:
  MeanWatcher(std::string name, std::int64_t window, double limit, std::string advice)
      : name_(std::move(name)), window_(window), limit_(limit), advice_(std::move(advice)) {}
  std::optional<Finding> look(const NamedValues& values) override;
  void save(nlohmann::json& state) const override;
  void load(const nlohmann::json& state) override;

 private:
  std::string name_;
  std::int64_t window_;
  double limit_;
  std::string advice_;
  std::int64_t seen_ = 0;
  double mean_ = 0.0;
};

class Guard {
 public:
  /// `terms` and `norms` name the loss terms and the gradient norms of a step.
  Guard(const GuardOptions& options, double max_energy, const std::vector<std::string>& terms,
        const std::vector<std::string>& norms);

  /// What is wrong with the values of one gradient step, a row of metrics, or all that a checkpoint holds.
  std::optional<Finding> look_at_step(const NamedValues& values) const { return look(step_watchers_, values); }
  std::optional<Finding> look_at_row(const NamedValues& values) const { return look(row_watchers_, values); }
  std::optional<Finding> look_at_state(const Checkpoint& checkpoint) const;

  nlohmann::json save() const;
  /// State of a guard with other settings is left out: the watchers start anew.
  void load(const nlohmann::json& state);

 private:
  using Watchers = std::vector<std::unique_ptr<Watcher>>;
  static std::optional<Finding> look(const Watchers& watchers, const NamedValues& values);

  bool on_;
  Watchers step_watchers_;
  Watchers row_watchers_;
};

}  // namespace cebm
