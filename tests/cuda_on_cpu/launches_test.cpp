// How many launches a Langevin step takes on a GPU: LibTorch's operations and our kernels, counted on the CPU layer.
// What cuDNN may launch besides its convolutions is not seen here.
#include "cuda_on_cpu/launches.h"

#include <ATen/record_function.h>
#include <cebm/catalog.h>
#include <cebm/chains.h>
#include <cebm/losses.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cuda_on_cpu/back_end.h"
#include "engine/cuda/device_head.h"
#include "engine/elbo_gradient.h"
#include "models/build_models.h"

namespace cebm::launches_test {
namespace {

/// Those that are one launch on a GPU however they are made of others on a CPU.
const std::set<std::string> kWhole{"aten::conv2d",
                                   "aten::conv_transpose2d",
                                   "aten::convolution_backward",
                                   "aten::mm",
                                   "aten::_foreach_copy_",
                                   "aten::_foreach_add_",
                                   "aten::mean",
                                   "aten::sum",
                                   "aten::pow",
                                   "aten::mul",
                                   "aten::div",
                                   "aten::div_"};
/// Those that launch nothing by themselves.
const std::set<std::string> kViews{"aten::view",       "aten::permute",        "aten::t",          "aten::transpose",
                                   "aten::narrow",     "aten::slice",          "aten::select",     "aten::expand",
                                   "aten::reshape",    "aten::_reshape_alias", "aten::as_strided", "aten::unsqueeze",
                                   "aten::contiguous", "aten::detach",         "aten::alias",      "aten::empty",
                                   "aten::empty_like", "aten::empty_strided",  "aten::to",         "detach",
                                   "aten::result_type"};

/// Of LibTorch's operations that launch, by name, while this exists.
class Operations {
 public:
  Operations() : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end))) {
    found.clear();
    open.clear();
  }
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;
  ~Operations() { at::removeCallback(handle_); }

  const std::map<std::string, int>& counts() const { return found; }

 private:
  struct Open {
    std::string name;
    bool has_children = false;
  };

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
    if (!open.empty()) open.back().has_children = true;
    open.push_back({function.name()});
    return nullptr;
  }

  static void end(const at::RecordFunction& /*function*/, at::ObserverContext* /*context*/) {
    const Open ended = open.back();
    open.pop_back();
    const bool inside =
        std::any_of(open.begin(), open.end(), [](const Open& one) { return kWhole.contains(one.name); });
    const bool launches = kWhole.contains(ended.name) ||
                          (!ended.has_children && ended.name.starts_with("aten::") && !kViews.contains(ended.name));
    if (launches && !inside) ++found[ended.name];
  }

  at::CallbackHandle handle_;
  static inline thread_local std::map<std::string, int> found;
  static inline thread_local std::vector<Open> open;
};

struct Counts {
  std::map<std::string, int> operations;
  std::int64_t kernels = 0;

  std::int64_t all() const {
    std::int64_t sum = kernels;
    for (const auto& [name, count] : operations) sum += count;
    return sum;
  }
};

Counts counts_of(Engine& engine, const ModelCase& which, std::size_t steps) {
  const Chains chains = noise_chains(1, which.image, 4, torch::kCPU);
  const std::vector<LangevinStep> sizes(steps, {.half_step = 0.1F});
  const Operations operations;
  const std::int64_t before = cuda_on_cpu::launches();
  cuda_on_cpu::begin_recording();  // counting needs no kernel to run
  engine.langevin(chains, {.sizes = sizes});
  (void)cuda_on_cpu::end_recording();
  return {operations.counts(), cuda_on_cpu::launches() - before};
}

/// Of one step: what a call of three steps has more than one of two.
Counts counts_of_step(const ModelCase& which, Precision precision) {
  const auto model = build_model(which);
  const auto engine = engine_on_cpu(*model, precision);
  const Counts two = counts_of(*engine, which, 2);
  Counts step = counts_of(*engine, which, 3);
  step.kernels -= two.kernels;
  for (const auto& [name, count] : two.operations) {
    step.operations[name] -= count;
    if (step.operations[name] == 0) step.operations.erase(name);
  }
  return step;
}

class Launches : public testing::TestWithParam<Precision> {};

TEST_P(Launches, OfAStepAreFew) {
  for (const Network network : {Network::paper, Network::authors}) {
    for (const auto& [head, most] : std::vector<std::pair<Head, std::int64_t>>{
             {Head::gaussian, 24}, {Head::mixture_shared, 26}, {Head::mixture_per_component, 26}, {Head::igebm, 20}}) {
      const ModelCase which{head, network};
      const Counts step = counts_of_step(which, GetParam());
      EXPECT_LE(step.all(), most) << which.name();
      std::string found = which.name() + ": " + std::to_string(step.kernels) + " kernels";
      for (const auto& [name, count] : step.operations) {
        found += ", " + std::to_string(count) + " " + name;
        EXPECT_TRUE(kWhole.contains(name)) << name;  // products; all else is in kernels of our own
      }
      std::printf("%s\n", found.c_str());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, Launches,
                         testing::Values(Precision::float32, Precision::tf32, Precision::bfloat16),
                         [](const auto& which) { return name_of(which.param); });

TEST(Launches, OfTheHeadAreOne) {
  for (const Head head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    const auto model = build_model({head, Network::paper});
    const DeviceBackEnd back_end = back_end_on_cpu();
    DeviceHead of(back_end);
    of.load(model->plan()->head);
    const std::int64_t outputs = model->plan()->layers.back().weight.size(0);
    const torch::Tensor sums = torch::randn({2, outputs});
    const torch::Tensor bias = torch::randn({outputs});
    const Operations operations;
    const std::int64_t before = cuda_on_cpu::launches();
    (void)of.gradient(sums, bias);
    EXPECT_EQ(cuda_on_cpu::launches() - before, 1);
    EXPECT_TRUE(operations.counts().empty());
  }
}

/// Records as a device does of which only the number of launches matters: a replay leaves all memory as it is.
WorkDevice counting_device() {
  return {.run = [](const Work& work) { work(); },
          .record = [](const Work& work) -> Work {
            work();
            return [] {};
          }};
}

/// Launches of the first call of `add`, and those of the third, of which the two recordings are one each.
struct GradientLaunches {
  template <class Add>
  explicit GradientLaunches(const Add& add) : direct(counted(add)), replayed((add(), counted(add) + 2)) {}

  template <class Add>
  static std::int64_t counted(const Add& add) {
    const Operations operations;
    add();
    return Counts{operations.counts()}.all();
  }

  std::int64_t direct;
  std::int64_t replayed;
};

void clear_gradients(torch::nn::Module& module) {
  for (torch::Tensor& parameter : module.parameters()) parameter.mutable_grad() = torch::Tensor();
}

TEST(Launches, OfAGradientOfTheWeightsAreFewWhereItIsReplayed) {
  for (const Head head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    const ModelCase which{head, Network::paper};
    const auto model = build_model(which);
    DeviceBackEnd back_end = back_end_on_cpu();
    back_end.work = counting_device();
    const auto engine = make_device_engine(*model, torch::kCPU, Precision::float32, back_end);
    const torch::Tensor x = noise_chains(4, which.image, 4, torch::kCPU).x;
    const GradientLaunches launches([&] {
      (void)engine->add_weight_gradient(x, [](const torch::Tensor& energies) {
        const auto halves = energies.split(2);
        return contrastive_divergence(halves[0], halves[1], {.energy_l2 = 0.1}).loss;
      });
      clear_gradients(*model);
    });
    std::printf("%s: %ld launches of a gradient, %ld where it is replayed\n", which.name().c_str(),
                static_cast<long>(launches.direct), static_cast<long>(launches.replayed));
    EXPECT_LE(launches.replayed, 40) << which.name();
    EXPECT_GE(launches.direct, 2 * launches.replayed) << which.name();
  }
}

TEST(Launches, OfABoundsGradientAreFewWhereItIsReplayed) {
  for (const std::string name : {"vae", "gmm_vae"}) {
    const ModelEntry& row = catalog().models.find(name);
    const auto options = row.options(catalog());
    const auto model = std::dynamic_pointer_cast<Vae>(row.build(*options, ModelContext{{1, 28, 28}, 3}));
    ElboGradient gradient(*model, torch::kCPU, counting_device());
    const torch::Tensor x = noise_chains(4, {1, 28, 28}, 4, torch::kCPU).x.abs();
    const torch::Tensor noise = normal({4, 1, model->latent_dim()}, {.seed = 1});
    const GradientLaunches launches([&] {
      (void)gradient.add(x, noise, [](const torch::Tensor& values) {
        return negative_elbo(values.select(1, 0), values.select(1, 1), 1.0).loss;
      });
      clear_gradients(*model);
    });
    std::printf("%s: %ld launches of a gradient, %ld where it is replayed\n", name.c_str(),
                static_cast<long>(launches.direct), static_cast<long>(launches.replayed));
    EXPECT_LE(launches.replayed, 40) << name;
    EXPECT_GE(launches.direct, 2 * launches.replayed) << name;
  }
}

}  // namespace
}  // namespace cebm::launches_test
