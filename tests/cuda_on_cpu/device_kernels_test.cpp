// Every device kernel on the CPU layer against the CPU's kernels or plain loops in the same order: the same bits, but
// where a sum's order differs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "cuda_on_cpu/fibers.h"
#include "cuda_on_cpu/guarded.h"
#include "cuda_on_cpu/kernels_on_cpu.h"
#include "support/host_activation.h"

namespace cebm::kernels {
namespace {

using cuda_on_cpu::Guarded;
using Numbers = Guarded<float>;

/// A test for several orders of blocks and threads.
class DeviceKernelsOnCpu : public testing::TestWithParam<std::uint64_t> {
 protected:
  const DeviceKernels& device() const { return on_cpu::kernels(); }

  Numbers normals(std::size_t count, std::size_t shift = 0) {
    Numbers all(count, shift);
    std::normal_distribution<float> normal;
    for (float& number : all.numbers()) number = normal(random_);
    return all;
  }

  Guarded<std::int64_t> chains(std::int64_t count) {
    Guarded<std::int64_t> all(static_cast<std::size_t>(count));
    for (std::int64_t& chain : all.numbers()) chain = static_cast<std::int64_t>(random_() % (1ULL << 32));
    return all;
  }

  Counter counter(const Guarded<std::int64_t>& of) const {
    return {.seed = 0x123456789abcdefULL, .stream = 7, .step = (1ULL << 40) + 3, .chains = of.data()};
  }

 private:
  std::mt19937_64 random_{1};
  const cuda_on_cpu::Order order_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Orders, DeviceKernelsOnCpu, testing::Values(0, 1));

std::size_t size_of(std::int64_t count) { return static_cast<std::size_t>(count); }

constexpr std::int64_t kLengths[] = {1, 3, 4, 10, 31, 784, 1023, 3072};

TEST_P(DeviceKernelsOnCpu, FillTheSameNumbersAsTheCpu) {
  for (const std::int64_t length : kLengths) {
    for (const std::size_t shift : {0, 1}) {
      const auto ids = chains(3);
      const Rows rows{3, length};
      Numbers here(size_of(3 * length), shift);
      Numbers there = here;
      cpu::fill_normal(here.data(), rows, counter(ids));
      device().fill_normal(there.data(), rows, counter(ids), nullptr);
      EXPECT_EQ(there, here) << "normal, length " << length;
      cpu::fill_uniform(here.data(), rows, counter(ids), -1.0F, 1.0F);
      device().fill_uniform(there.data(), rows, counter(ids), -1.0F, 1.0F, nullptr);
      EXPECT_EQ(there, here) << "uniform, length " << length;
    }
  }
}

TEST_P(DeviceKernelsOnCpu, FillMoreRowsThanAGridHas) {
  const auto ids = chains(70001);
  Numbers here(size_of(70001 * 6));
  Numbers there = here;
  cpu::fill_normal(here.data(), {70001, 6}, counter(ids));
  device().fill_normal(there.data(), {70001, 6}, counter(ids), nullptr);
  EXPECT_EQ(there, here);
}

TEST_P(DeviceKernelsOnCpu, MoveRowsAsTheCpuDoes) {
  constexpr std::int64_t count = 5;
  for (const std::int64_t length : kLengths) {
    for (const std::size_t shift : {0, 1}) {
      const auto ids = chains(count);
      const Numbers gradient = normals(size_of(count * length), shift);
      Numbers x = normals(size_of(count * length), shift);
      for (float& pixel : x.numbers()) pixel = std::clamp(0.3F * pixel, -1.0F, 1.0F);
      const Numbers factors = normals(size_of(count));
      for (const Boundary boundary : {Boundary::none, Boundary::clamp, Boundary::reflect, Boundary::reject}) {
        const LangevinStep update{.half_step = 0.3F, .noise = 0.2F, .clip = 1.0F, .boundary = boundary};
        const RowFactors of_rows{length % 2 == 0 ? factors.data() : nullptr, shift == 0 ? factors.data() : nullptr};
        Numbers here = x;
        Numbers there = x;
        const Counter now = counter(ids);
        cpu::langevin_update(here.data(), gradient.data(), of_rows, {count, length}, now, update);
        device().langevin_update(there.data(), gradient.data(), of_rows, {count, length}, now, update, nullptr,
                                 nullptr);
        EXPECT_EQ(there, here) << length;
        // The same step as number 2 of a series in the device's memory.
        StepSeries series{.seed = now.seed, .first_step = now.step - 2};
        series.sizes[2] = {update.half_step, update.noise, update.clip};
        Guarded<StepSeries> held(1);
        device().set_series(held.data(), series, nullptr);
        Counter second = now;
        second.seed = 0;
        second.step = 2;
        Numbers replayed = x;
        device().langevin_update(replayed.data(), gradient.data(), of_rows, {count, length}, second,
                                 {.boundary = boundary}, nullptr, held.data());
        EXPECT_EQ(replayed, here) << length;
      }
    }
  }
}

TEST_P(DeviceKernelsOnCpu, LeaveAnImageThatAnyPixelWouldTakeOutOfTheBox) {
  constexpr std::int64_t length = 1500;  // more than the threads of a block look at in one pass
  for (const std::int64_t pixel : {std::int64_t{0}, std::int64_t{1021}, length - 1}) {
    const auto ids = chains(2);
    Numbers x(size_of(2 * length));
    Numbers gradient(size_of(2 * length));
    gradient[size_of(pixel)] = 100.0F;
    gradient[size_of(length + pixel)] = 1.0F;
    device().langevin_update(x.data(), gradient.data(), {}, {2, length}, counter(ids),
                             {.half_step = 0.5F, .boundary = Boundary::reject}, nullptr, nullptr);
    EXPECT_EQ(x[size_of(pixel)], 0.0F);
    EXPECT_EQ(x[size_of(length + pixel)], -0.5F);
  }
}

TEST_P(DeviceKernelsOnCpu, ClipByTheNormOfEachRow) {
  for (const std::int64_t length : {1, 31, 256, 784, 3072}) {
    constexpr std::int64_t count = 7;
    const Numbers rows = normals(size_of(count * length));
    Numbers scale(size_of(count));
    device().norm_clip(rows.data(), {count, length}, 0.5, scale.data(), nullptr);
    for (std::int64_t b = 0; b < count; ++b) {
      double squares = 0.0;
      for (std::int64_t i = 0; i < length; ++i) squares += std::pow(rows[size_of(b * length + i)], 2.0);
      const double expected = std::min(1.0, 0.5 / std::sqrt(squares));
      EXPECT_NEAR(scale[size_of(b)], expected, 1e-6 * expected) << length;
    }
  }
}

/// Numbers of a format.
template <class Number>
Guarded<Number> rounded(const Numbers& numbers) {
  Guarded<Number> all(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) assign(all[i], numbers[i]);
  return all;
}

template <class Number>
constexpr Precision format_of() {
  return std::is_same_v<Number, float> ? Precision::float32 : Precision::bfloat16;
}

/// Calls f with a number of both formats.
template <class F>
void for_both_formats(const F& f) {
  f(float{});
  f(Bfloat16{});
}

TEST_P(DeviceKernelsOnCpu, ComputeActivationsAsTheirBodiesDo) {
  for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    for (const std::int64_t channels : {1, 6, 64, 1500}) {
      for_both_formats([&](auto sum) {
        for_both_formats([&](auto value) {
          using Sum = decltype(sum);
          using Value = decltype(value);
          const std::int64_t positions = channels > 64 ? 5 : 103;
          const ActivationPass pass{.positions = {positions, channels},
                                    .kind = kind,
                                    .slope = 0.2F,
                                    .sums_format = format_of<Sum>(),
                                    .values_format = format_of<Value>()};
          const std::size_t size = size_of(positions * channels);
          Guarded<Sum> sums = rounded<Sum>(normals(size));
          const Numbers bias = normals(size_of(channels));
          Guarded<Value> values(size);
          Guarded<Sum> there = sums;
          Guarded<Value> there_values = values;
          host_activate(pass, sums.data(), bias.data(), values.data(), nullptr);
          device().activate(pass, there.data(), bias.data(), there_values.data(), nullptr);
          EXPECT_EQ(there_values, values);
          EXPECT_EQ(there, sums);
          const Guarded<Value> gradient = rounded<Value>(normals(size));
          const void* const kept =
              keeps_values(kind) ? static_cast<const void*>(values.data()) : static_cast<const void*>(sums.data());
          Guarded<Sum> result(size);
          Guarded<Sum> there_result(size);
          host_pull_back(pass, gradient.data(), kept, result.data(), nullptr);
          device().pull_back(pass, gradient.data(), kept, there_result.data(), nullptr);
          EXPECT_EQ(there_result, result);
        });
      });
    }
  }
}

/// A first layer with memory of its own, and its kernels as plain loops.
template <class Value>
struct FirstLayerCase {
  FirstLayer layer;
  Numbers weight, bias, x;
  Guarded<Value> gradient;

  std::size_t map_size() const { return size_of(layer.images * layer.height * layer.width * layer.outputs); }

  float weight_of(std::int64_t ky, std::int64_t kx, std::int64_t c, std::int64_t o) const {
    return weight[size_of(((ky * 3 + kx) * layer.channels + c) * layer.outputs + o)];
  }

  bool is_inside(std::int64_t y, std::int64_t at) const {
    return y >= 0 && y < layer.height && at >= 0 && at < layer.width;
  }

  template <class F>
  void for_each_pixel(const F& f) const {
    for (std::int64_t image = 0; image < layer.images; ++image) {
      for (std::int64_t y = 0; y < layer.height; ++y) {
        for (std::int64_t column = 0; column < layer.width; ++column) f(image, y, column);
      }
    }
  }

  void forward(Guarded<Value>& values, Guarded<Value>& slopes) const {
    for_each_pixel([&](std::int64_t image, std::int64_t y, std::int64_t column) {
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        float sum = bias[size_of(o)];
        for (std::int64_t ky = 0; ky < 3; ++ky) {
          if (y + ky < 1 || y + ky > layer.height) continue;
          for (std::int64_t c = 0; c < layer.channels; ++c) {
            for (std::int64_t kx = 0; kx < 3; ++kx) {
              const std::int64_t line = (image * layer.height + y + ky - 1) * layer.width;
              const bool inside = is_inside(y + ky - 1, column + kx - 1);
              const float pixel = inside ? x[size_of((line + column + kx - 1) * layer.channels + c)] : 0.0F;
              sum = std::fma(pixel, weight_of(ky, kx, c, o), sum);
            }
          }
        }
        const Curved v = layer.kind == Nonlinearity::silu ? curved<Nonlinearity::silu>(sum, layer.slope)
                                                          : curved<Nonlinearity::leaky_relu>(sum, layer.slope);
        const std::size_t at = size_of(((image * layer.height + y) * layer.width + column) * layer.outputs + o);
        assign(values[at], v.value);
        if (layer.kind == Nonlinearity::silu) assign(slopes[at], v.slope);
      }
    });
  }

  Numbers backward(const Guarded<Value>& kept) const {
    Numbers result(x.size());
    for_each_pixel([&](std::int64_t image, std::int64_t y, std::int64_t column) {
      for (std::int64_t c = 0; c < layer.channels; ++c) {
        float sum = 0.0F;
        for (std::int64_t ky = 0; ky < 3; ++ky) {
          for (std::int64_t kx = 0; kx < 3; ++kx) {
            float part = 0.0F;
            const std::int64_t line = (image * layer.height + y + 1 - ky) * layer.width;
            for (std::int64_t o = 0; is_inside(y + 1 - ky, column + 1 - kx) && o < layer.outputs; ++o) {
              const std::size_t at = size_of((line + column + 1 - kx) * layer.outputs + o);
              const float k = widened(kept[at]);
              const float slope = layer.kind == Nonlinearity::silu ? k : k > 0.0F ? 1.0F : layer.slope;
              part = std::fma(widened(gradient[at]) * slope, weight_of(ky, kx, c, o), part);
            }
            sum += part;
          }
        }
        result[size_of(((image * layer.height + y) * layer.width + column) * layer.channels + c)] = sum;
      }
    });
    return result;
  }
};

class FirstLayersOnCpu : public DeviceKernelsOnCpu {
 protected:
  template <class Value>
  FirstLayerCase<Value> make(std::int64_t channels, std::int64_t outputs, std::int64_t height, std::int64_t width,
                             Nonlinearity kind, std::int64_t images = 2) {
    FirstLayer layer{.images = images,
                     .height = height,
                     .width = width,
                     .channels = channels,
                     .outputs = outputs,
                     .kind = kind,
                     .slope = 0.2F,
                     .format = format_of<Value>()};
    FirstLayerCase<Value> made{layer, normals(size_of(9 * channels * layer.outputs)), normals(size_of(layer.outputs)),
                               normals(size_of(images * height * width * channels)),
                               rounded<Value>(normals(size_of(images * height * width * outputs)))};
    made.layer.weight = made.weight.data();
    made.layer.bias = made.bias.data();
    return made;
  }

  /// Runs f(case) for layers of all kinds, some with rows and columns that fill no tile.
  template <class F>
  void for_each_case(const F& f) {
    for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
      for_both_formats([&](auto value) {
        using Value = decltype(value);
        f(make<Value>(1, 64, 28, 28, kind));
        f(make<Value>(3, 32, 7, 5, kind));
        f(make<Value>(3, 12, 5, 37, kind));
        f(make<Value>(1, 36, 1, 3, kind));
      });
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Orders, FirstLayersOnCpu, testing::Values(0, 1));

TEST_P(FirstLayersOnCpu, ConvolveAsPlainLoopsDo) {
  for_each_case([&]<class Value>(const FirstLayerCase<Value>& of) {
    Guarded<Value> values(of.map_size());
    Guarded<Value> slopes(of.map_size());
    Guarded<Value> there(of.map_size());
    Guarded<Value> there_slopes(of.map_size());
    of.forward(values, slopes);
    device().first_layer_forward(of.layer, of.x.data(), there.data(), there_slopes.data(), nullptr);
    EXPECT_EQ(there, values) << of.layer.outputs;
    EXPECT_EQ(there_slopes, slopes) << of.layer.outputs;
  });
}

TEST_P(FirstLayersOnCpu, PullGradientsBackAsPlainLoopsDo) {
  for_each_case([&]<class Value>(const FirstLayerCase<Value>& of) {
    const Guarded<Value> kept = rounded<Value>(normals(of.map_size()));
    Numbers there(of.x.size());
    device().first_layer_backward(of.layer, of.gradient.data(), kept.data(), there.data(), nullptr);
    EXPECT_EQ(there, of.backward(kept)) << of.layer.outputs;
  });
}

TEST_P(FirstLayersOnCpu, MoveImagesAsThePullBackAndTheUpdateInTurnDo) {
  for_each_case([&]<class Value>(const FirstLayerCase<Value>& of) {
    const Guarded<Value> kept = rounded<Value>(normals(of.map_size()));
    const auto ids = chains(of.layer.images);
    const Numbers factors = normals(2);
    const Rows rows{of.layer.images, of.layer.height * of.layer.width * of.layer.channels};
    for (const Boundary boundary : {Boundary::none, Boundary::clamp, Boundary::reflect}) {
      const LangevinStep update{.half_step = 0.01F, .noise = 0.2F, .clip = 1.0F, .boundary = boundary};
      Numbers here = of.x;
      Numbers there = of.x;
      cpu::langevin_update(here.data(), of.backward(kept).data(), {nullptr, factors.data()}, rows, counter(ids),
                           update);
      const FusedUpdate move{there.data(), factors.data(), counter(ids), update, nullptr};
      device().first_layer_langevin(of.layer, of.gradient.data(), kept.data(), move, nullptr);
      EXPECT_EQ(there, here);
      StepSeries series{.seed = counter(ids).seed, .first_step = counter(ids).step};
      series.sizes[0] = {update.half_step, update.noise, update.clip};
      Numbers replayed = of.x;
      Counter first = counter(ids);
      first.seed = 1;
      first.step = 0;
      device().first_layer_langevin(of.layer, of.gradient.data(), kept.data(),
                                    {replayed.data(), factors.data(), first, {.boundary = boundary}, &series}, nullptr);
      EXPECT_EQ(replayed, here);
    }
  });
}

TEST_P(FirstLayersOnCpu, ServeMoreImagesThanAGridHas) {
  auto of = make<float>(1, 4, 1, 1, Nonlinearity::leaky_relu, 517);
  const Numbers kept = normals(of.map_size());
  Numbers there(of.x.size());
  device().first_layer_backward(of.layer, of.gradient.data(), kept.data(), there.data(), nullptr);
  EXPECT_EQ(there, of.backward(kept));
  const auto many = make<float>(1, 4, 1, 1, Nonlinearity::leaky_relu, 70001);
  Numbers values(many.map_size()), slopes(0), expected(many.map_size());
  device().first_layer_forward(many.layer, many.x.data(), values.data(), nullptr, nullptr);
  many.forward(expected, slopes);
  EXPECT_EQ(values, expected);
}

TEST_P(FirstLayersOnCpu, RefuseToMoveImagesThatMayRefuseTheirStep) {
  const auto of = make<float>(1, 4, 3, 3, Nonlinearity::silu);
  EXPECT_THROW(device().first_layer_langevin(of.layer, of.gradient.data(), of.gradient.data(),
                                             {nullptr, nullptr, {}, {.boundary = Boundary::reject}, nullptr}, nullptr),
               std::invalid_argument);
}

struct HeadCase {
  std::int64_t sets, components, dims;
  StatisticCurve second;
};

double value_of(StatisticCurve curve, double n) {
  const double softplus = std::max(n, 0.0) + std::log1p(std::exp(-std::abs(n)));
  return curve == StatisticCurve::identity          ? n
         : curve == StatisticCurve::square          ? n * n
         : curve == StatisticCurve::negative_square ? -n * n
         : curve == StatisticCurve::softplus        ? softplus
                                                    : -softplus;
}

double slope_of(StatisticCurve curve, double n) {
  const double sigmoid = 1.0 / (1.0 + std::exp(-n));
  return curve == StatisticCurve::identity          ? 1.0
         : curve == StatisticCurve::square          ? 2.0 * n
         : curve == StatisticCurve::negative_square ? -2.0 * n
         : curve == StatisticCurve::softplus        ? sigmoid
                                                    : -sigmoid;
}

TEST_P(DeviceKernelsOnCpu, GiveTheGradientOfConjugateHeads) {
  for (const HeadCase& which :
       {HeadCase{1, 1, 128, StatisticCurve::negative_square}, HeadCase{1, 1, 5, StatisticCurve::negative_softplus},
        HeadCase{1, 4, 130, StatisticCurve::negative_square}, HeadCase{7, 7, 33, StatisticCurve::negative_softplus},
        HeadCase{1, 200, 3, StatisticCurve::negative_square}}) {
    constexpr std::int64_t images = 3;
    const auto [sets, components, dims, second] = which;
    const std::int64_t features = 2 * sets * dims;
    const Numbers sums = normals(size_of(images * features));
    const Numbers bias = normals(size_of(features));
    Numbers natural = normals(size_of(2 * components * dims));
    for (std::int64_t l = 0; l < components; ++l) {
      for (std::int64_t k = 0; k < dims; ++k) {
        float& lambda = natural[size_of((2 * l + 1) * dims + k)];
        lambda = -0.5F - std::abs(lambda);
      }
    }
    const Numbers offsets = normals(size_of(components));
    Numbers gradient(size_of(images * features));
    const ConjugateHead head{.sets = sets,
                             .components = components,
                             .dims = dims,
                             .first = StatisticCurve::identity,
                             .second = second,
                             .natural = natural.data(),
                             .offsets = offsets.data()};
    device().conjugate_head(head, sums.data(), bias.data(), images, gradient.data(), nullptr);
    for (std::int64_t b = 0; b < images; ++b) {
      const auto output = [&](std::int64_t at) {
        return static_cast<double>(sums[size_of(b * features + at)] + bias[size_of(at)]);
      };
      const auto posterior = [&](std::int64_t l, std::int64_t p, std::int64_t k) {
        const std::int64_t at = (2 * (sets == 1 ? 0 : l) + p) * dims + k;
        return natural[size_of((2 * l + p) * dims + k)] + value_of(p == 0 ? head.first : head.second, output(at));
      };
      std::vector<double> scores;
      for (std::int64_t l = 0; l < components; ++l) {
        double score = offsets[size_of(l)];
        for (std::int64_t k = 0; k < dims; ++k) {
          const double twice = -2.0 * posterior(l, 1, k);
          score += 0.5 * (posterior(l, 0, k) * posterior(l, 0, k) / twice - std::log(twice));
        }
        scores.push_back(score);
      }
      const double largest = *std::max_element(scores.begin(), scores.end());
      double total = 0.0;
      for (const double score : scores) total += std::exp(score - largest);
      std::vector<double> expected(size_of(features));
      for (std::int64_t l = 0; l < components; ++l) {
        const double weight = std::exp(scores[size_of(l)] - largest) / total;
        for (std::int64_t k = 0; k < dims; ++k) {
          const double variance = 1.0 / (-2.0 * posterior(l, 1, k));
          const double mu = posterior(l, 0, k) * variance;
          const std::int64_t at = 2 * (sets == 1 ? 0 : l) * dims + k;
          expected[size_of(at)] -= slope_of(head.first, output(at)) * weight * mu;
          expected[size_of(at + dims)] -= slope_of(head.second, output(at + dims)) * weight * (mu * mu + variance);
        }
      }
      for (std::int64_t i = 0; i < features; ++i) {
        ASSERT_NEAR(gradient[size_of(b * features + i)], expected[size_of(i)],
                    2e-5 * (1.0 + std::abs(expected[size_of(i)])))
            << sets << " " << components << " " << i;
      }
    }
  }
}

TEST_P(DeviceKernelsOnCpu, GiveMeanParametersWithTheCpusBits) {
  constexpr std::int64_t dims = 130;
  const Numbers sums = normals(2 * dims);
  const Numbers bias(2 * dims);
  Numbers natural(2 * dims);
  for (std::size_t k = 0; k < dims; ++k) natural[dims + k] = -0.5F;
  const Numbers offsets(1);
  Numbers gradient(2 * dims);
  Numbers posterior(2 * dims);
  Numbers means(2 * dims);
  for (std::size_t k = 0; k < dims; ++k) {
    posterior[k] = sums[k];
    posterior[dims + k] = -0.5F - sums[dims + k] * sums[dims + k];
  }
  cpu::gaussian_mean_parameters(posterior.data(), dims, means.data());
  device().conjugate_head({.dims = dims, .natural = natural.data(), .offsets = offsets.data()}, sums.data(),
                          bias.data(), 1, gradient.data(), nullptr);
  for (std::size_t k = 0; k < dims; ++k) {
    EXPECT_EQ(gradient[k], -means[k]);
    EXPECT_EQ(gradient[dims + k], 2.0F * sums[dims + k] * means[dims + k]);
  }
}

TEST_P(DeviceKernelsOnCpu, GiveTheGradientOfLinearHeads) {
  for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    const Rows rows{3, 130};
    const Numbers sums = normals(size_of(3 * 130));
    const Numbers bias = normals(130);
    const Numbers weight = normals(130);
    Numbers gradient(sums.size());
    device().linear_head({kind, 0.2F, weight.data()}, sums.data(), bias.data(), rows, gradient.data(), nullptr);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const float o = sums[i] + bias[i % 130];
      const float slope = kind == Nonlinearity::silu ? curved<Nonlinearity::silu>(o, 0.2F).slope
                                                     : curved<Nonlinearity::leaky_relu>(o, 0.2F).slope;
      EXPECT_EQ(gradient[i], weight[i % 130] * slope);
    }
  }
}

TEST_P(DeviceKernelsOnCpu, MultiplyAndActivateAsPlainLoopsDo) {
  for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    for (const auto& [m, k, n] : std::vector<std::array<std::int64_t, 3>>{{5, 7, 3}, {16, 32, 16}, {33, 40, 50}}) {
      const Numbers a = normals(size_of(m * k));
      const Numbers b = normals(size_of(k * n));
      const Numbers bias = normals(size_of(n));
      const Numbers kept = normals(size_of(m * n));
      Numbers values(kept.size()), slopes(kept.size()), pulled(kept.size());
      const Product product{m, k, n, a.data(), b.data(), kind, 0.2F};
      device().product_activate(product, bias.data(), values.data(), slopes.data(), nullptr);
      device().product_pull_back(product, kept.data(), Precision::float32, pulled.data(), Precision::float32, nullptr);
      Guarded<Bfloat16> narrow(kept.size());
      device().product_pull_back(product, kept.data(), Precision::float32, narrow.data(), Precision::bfloat16, nullptr);
      for (std::int64_t i = 0; i < m * n; ++i) {
        float sum = 0.0F;
        for (std::int64_t j = 0; j < k; ++j) sum = std::fma(a[size_of(i / n * k + j)], b[size_of(j * n + i % n)], sum);
        const float v = sum + bias[size_of(i % n)];
        const Curved at_v = kind == Nonlinearity::silu ? curved<Nonlinearity::silu>(v, 0.2F)
                                                       : curved<Nonlinearity::leaky_relu>(v, 0.2F);
        ASSERT_EQ(values[size_of(i)], at_v.value);
        ASSERT_EQ(slopes[size_of(i)], kind == Nonlinearity::silu ? at_v.slope : 0.0F);
        const float slope = kind == Nonlinearity::silu ? kept[size_of(i)] : kept[size_of(i)] > 0.0F ? 1.0F : 0.2F;
        ASSERT_EQ(pulled[size_of(i)], sum * slope);
        Bfloat16 rounded_sum;
        assign(rounded_sum, sum * slope);
        ASSERT_EQ(narrow[size_of(i)].bits, rounded_sum.bits);
      }
    }
  }
}

class FewBlocksOnCpu : public DeviceKernelsOnCpu {};
INSTANTIATE_TEST_SUITE_P(Orders, FewBlocksOnCpu, testing::Values(1));

/// Rows [B, ...] of which each block has to take more than one.
constexpr std::int64_t kManyRows = 517;

TEST_P(FewBlocksOnCpu, GoOnToTheNextRowWhereBlocksAreFewer) {
  const auto ids = chains(kManyRows);
  const Rows rows{kManyRows, 40};  // more than a warp's
  const Numbers gradient = normals(size_of(40 * kManyRows));
  Numbers scale(size_of(kManyRows));
  device().norm_clip(gradient.data(), rows, 1.0, scale.data(), nullptr);
  const LangevinStep update{.half_step = 0.1F, .noise = 0.5F, .boundary = Boundary::reject};
  Numbers here(gradient.size());
  Numbers there(gradient.size());
  cpu::langevin_update(here.data(), gradient.data(), {}, rows, counter(ids), update);
  device().langevin_update(there.data(), gradient.data(), {}, rows, counter(ids), update, nullptr, nullptr);
  EXPECT_EQ(there, here);
  Numbers natural(4);
  natural[1] = natural[3] = -0.5F;
  natural[2] = 1.0F;
  const Numbers offsets(2);
  const Numbers sums = normals(size_of(2 * kManyRows));
  const Numbers bias(2);
  Numbers of_heads(sums.size());
  Numbers of_linear(sums.size());
  const ConjugateHead head{.components = 2, .dims = 1, .natural = natural.data(), .offsets = offsets.data()};
  device().conjugate_head(head, sums.data(), bias.data(), kManyRows, of_heads.data(), nullptr);
  device().linear_head({Nonlinearity::leaky_relu, 0.2F, natural.data()}, sums.data(), bias.data(), {kManyRows, 2},
                       of_linear.data(), nullptr);
  for (std::size_t b = 0; b < size_of(kManyRows); b += b < 8 ? 1 : 43) {
    const std::span row = gradient.numbers().subspan(40 * b, 40);
    double squares = 0.0;
    for (const float number : row) squares += std::pow(number, 2.0);
    ASSERT_NEAR(scale[b], std::min(1.0, 1.0 / std::sqrt(squares)), 1e-6);
    Numbers alone(2);
    device().conjugate_head(head, sums.data() + 2 * b, bias.data(), 1, alone.data(), nullptr);
    ASSERT_EQ(of_heads[2 * b], alone[0]) << b;
    ASSERT_EQ(of_heads[2 * b + 1], alone[1]) << b;
    ASSERT_EQ(of_linear[2 * b + 1], -0.5F * (sums[2 * b + 1] > 0.0F ? 1.0F : 0.2F));
  }
}

TEST_P(FewBlocksOnCpu, GoOnToTheNextTileWhereBlocksAreFewer) {
  constexpr std::int64_t positions = 1050000;
  Numbers sums(positions);
  for (std::size_t i = 0; i < positions; ++i) sums[i] = static_cast<float>(i % 7) - 3.0F;
  const Numbers bias(1);
  const ActivationPass pass{.positions = {positions, 1}, .slope = 0.5F};
  device().activate(pass, sums.data(), bias.data(), sums.data(), nullptr);
  for (std::size_t i = 0; i < positions; ++i) {
    const float sum = static_cast<float>(i % 7) - 3.0F;
    ASSERT_EQ(sums[i], sum > 0.0F ? sum : 0.5F * sum) << i;
  }
  constexpr std::int64_t rows = 16 * 512 + 5;
  const Numbers a = normals(rows);
  const Numbers b = normals(1);
  Numbers values(rows);
  device().product_activate({rows, 1, 1, a.data(), b.data(), Nonlinearity::leaky_relu, 1.0F}, bias.data(),
                            values.data(), nullptr, nullptr);
  for (std::size_t i = 0; i < size_of(rows); ++i) ASSERT_EQ(values[i], a[i] * b[0]) << i;
}

TEST_P(DeviceKernelsOnCpu, DoNothingForNoRows) {
  const DeviceKernels& all = device();
  all.fill_normal(nullptr, {0, 4}, {}, nullptr);
  all.langevin_update(nullptr, nullptr, {}, {0, 4}, {}, {.boundary = Boundary::reject}, nullptr, nullptr);
  all.norm_clip(nullptr, {0, 4}, 1.0, nullptr, nullptr);
  all.activate({.positions = {0, 4}}, nullptr, nullptr, nullptr, nullptr);
  all.first_layer_forward({.outputs = 4}, nullptr, nullptr, nullptr, nullptr);
  all.first_layer_backward({.outputs = 4}, nullptr, nullptr, nullptr, nullptr);
  all.conjugate_head({.dims = 4}, nullptr, nullptr, 0, nullptr, nullptr);
  all.linear_head({}, nullptr, nullptr, {0, 4}, nullptr, nullptr);
  all.product_pull_back({.inner = 4, .columns = 4}, nullptr, Precision::float32, nullptr, Precision::float32, nullptr);
}

}  // namespace
}  // namespace cebm::kernels
