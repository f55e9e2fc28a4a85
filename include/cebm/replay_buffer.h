/// Replay buffer of persistent chains (Du and Mordatch 2019; paper, Appendix E).
#pragma once

#include <cebm/chain_starts.h>
#include <cebm/options.h>
#include <cebm/ranks.h>
#include <cebm/sampler.h>
#include <cebm/state.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cebm {

struct BufferOptions final : Options {
  std::int64_t size = 5000;
  double reuse_probability = 0.95;
  ChainStartOptions start;  ///< its settings appear among the buffer's
  /// Slot i belongs to mixture component i mod L: for the first so many steps of every call its chain follows p(x | y)
  /// instead of p(x). 0: slots belong to no component.
  std::int64_t component_steps = 0;
  void fields(Fields& visit) override;
};

/// `size` chains that persist between gradient steps. A chain's id is its slot. draw() picks different slots and
/// restarts each from a new start (chain_starts.h) with probability 1 - reuse_probability; store() puts the advanced
/// chains back into the same slots, so every slot is one chain, continued in place. Memory is allocated at the first
/// use. If R ranks train together, each holds all slots, draws the same chains and stores all of them, so that only the
/// moved chains are exchanged; rank r saves the slots i with i mod R = r.
class ReplayBuffer {
 public:
  /// `images` are the training images that chains start from, if the options say so; they are requested when the first
  /// slot is used, not before.
  ReplayBuffer(const BufferOptions& options, ImageShape image, std::uint64_t seed, torch::Device device,
               StartImages images = {}, std::shared_ptr<Ranks> ranks = single_rank());

  /// `count` chains for gradient step `step`, with the number of earlier calls of each; the draw depends only on (seed,
  /// step).
  /// Throws ConfigError if count is larger than the buffer.
  Chains draw(std::int64_t count, std::uint64_t step);
  /// Writes the chains back to their slots.
  void store(const Chains& chains);

  /// How many of the last drawn chains were restarted.
  std::int64_t restarted() const { return restarted_; }
  /// Mean number of gradient steps since the chains in the buffer last started.
  double mean_age(std::uint64_t step) const;
  /// [size, C, H, W]
  const torch::Tensor& images() const { return slots().images; }
  /// The chains in the first `count` slots.
  torch::Tensor first(std::int64_t count) const;
  std::int64_t size() const { return size_; }

  void save(State& state) const;
  /// Throws CheckpointError if chains or the Gaussian of their starts are missing or do not fit; whichever of the two
  /// fits is loaded, and the other one starts anew at its next use.
  void load(const State& state);

 private:
  struct Slots {
    torch::Tensor images;
    std::vector<std::int64_t> born;   ///< gradient step at which each slot's chain started
    std::vector<std::int64_t> calls;  ///< how often each was drawn since then
  };
  /// Fills the slots at the first call, with chains that start at gradient step `step`.
  Slots& slots(std::uint64_t step = 0) const;
  Slots saved_slots(const State& state) const;

  std::int64_t size_;
  double reuse_probability_;
  ImageShape image_;
  std::uint64_t seed_;
  torch::Device device_;
  std::shared_ptr<Ranks> ranks_;
  std::int64_t restarted_ = 0;
  mutable ChainStarts starts_;
  mutable std::optional<Slots> slots_;
};

}  // namespace cebm
