#include <cebm/tiles.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "encoders/cpu_network.h"
#include "kernels/arithmetic.h"
#include "kernels/cpu/instruction_sets.h"
#include "samplers/langevin_engine.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

/// Images that a thread moves at once: enough rows for the small layers, few enough to stay in the cache.
constexpr std::int64_t kLaneImages = 4;

/// Dense float32 numbers of a lane's images.
struct Lane {
  Lane(const cpu::ConvNetwork& network, std::int64_t images, std::int64_t pixels, std::size_t scratch_size)
      : workspace(network.workspace(images)),
        outputs(static_cast<std::size_t>(images * network.outputs())),
        gradient(outputs.size()),
        image_gradient(static_cast<std::size_t>(images * pixels)),
        scale(static_cast<std::size_t>(images)),
        scratch(scratch_size) {}

  std::shared_ptr<cpu::ConvNetwork::Workspace> workspace;
  std::vector<float> outputs;
  std::vector<float> gradient;
  std::vector<float> image_gradient;
  std::vector<float> scale;
  std::vector<float> scratch;
};

/// min(1, bound / |g|) for each row.
void norm_clip(const float* gradient, kernels::Rows rows, double bound, float* scale) {
  for (std::int64_t b = 0; b < rows.count; ++b, gradient += rows.length) {
    double squares = 0.0;
    for (std::int64_t i = 0; i < rows.length; ++i) squares += static_cast<double>(gradient[i]) * gradient[i];
    scale[b] = kernels::clip_factor(squares, bound);
  }
}

class CpuEngine final : public LangevinEngine {
 public:
  CpuEngine(std::unique_ptr<cpu::ConvNetwork> network, const EnergyPlan& plan, ImageShape image, std::string name)
      : network_(std::move(network)),
        head_(plan.head),
        images_(plan.images),
        pixels_(image.numel()),
        name_(std::move(name)) {}

  std::string name() const override { return name_; }

  void advance(const Chains& chains, const LangevinSteps& steps) override {
    const std::int64_t count = chains.x.size(0);
    if (images_ != 0 && images_ != count) {
      throw std::invalid_argument("sgld: expected " + std::to_string(images_) +
                                  " images, one for each condition, found " + std::to_string(count));
    }
    const std::int64_t threads = omp_get_max_threads();
    const std::int64_t images = std::clamp<std::int64_t>((count + threads - 1) / threads, 1, kLaneImages);
    if (images != lane_images_) lanes_.clear();
    lane_images_ = images;
    lanes_.resize(static_cast<std::size_t>(threads));
    for_each_tile(torch::kCPU, count, images, [&](const Tile& tile) {
      std::unique_ptr<Lane>& lane = lanes_[static_cast<std::size_t>(omp_get_thread_num())];
      if (!lane) lane = std::make_unique<Lane>(*network_, images, pixels_, head_->scratch_size());
      advance(*lane, chains, tile, steps);
    });
  }

 private:
  void advance(Lane& lane, const Chains& chains, const Tile& tile, const LangevinSteps& steps) const {
    float* const x = chains.x.data_ptr<float>() + tile.begin * pixels_;
    const std::int64_t* const ids = chains.ids.const_data_ptr<std::int64_t>() + tile.begin;
    const kernels::Rows rows{tile.size, pixels_};
    for (std::size_t t = 0; t < steps.sizes.size(); ++t) {
      network_->forward(*lane.workspace, x, tile.size, lane.outputs.data());
      head_->gradient_rows(lane.outputs.data(), tile.begin, tile.size, network_->outputs(), lane.gradient.data(),
                           lane.scratch.data());
      network_->backward(*lane.workspace, lane.gradient.data(), tile.size, lane.image_gradient.data());
      const float* scale = nullptr;
      if (std::isfinite(steps.norm_bound)) {
        norm_clip(lane.image_gradient.data(), rows, steps.norm_bound, lane.scale.data());
        scale = lane.scale.data();
      }
      cpu::langevin_update(x, lane.image_gradient.data(), scale, rows, steps.counter(t, ids), steps.sizes[t]);
    }
  }

  std::unique_ptr<cpu::ConvNetwork> network_;
  std::shared_ptr<const EnergyHead> head_;
  std::int64_t images_;
  std::int64_t pixels_;
  std::string name_;
  std::int64_t lane_images_ = 0;
  std::vector<std::unique_ptr<Lane>> lanes_;  ///< of each thread, made when it first needs one
};

}  // namespace

std::unique_ptr<LangevinEngine> make_cpu_engine(EnergyModel& model, torch::Device device, Precision precision) {
  if (!device.is_cpu()) return nullptr;
  std::optional<EnergyPlan> plan = model.plan();
  if (!plan) return nullptr;
  const cpu::ConvKernels& kernels = cpu::chosen_conv_kernels();
  auto network = pack_network(plan->layers, model.image_shape(), precision, kernels);
  if (!network) return nullptr;
  return std::make_unique<CpuEngine>(std::move(network), *plan, model.image_shape(),
                                     std::string("kernels of our own, ") + kernels.name + ", " +
                                         (precision == Precision::bfloat16 ? "bfloat16" : "float32"));
}

}  // namespace cebm
