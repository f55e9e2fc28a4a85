#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "cuda_on_cpu/device_kernels_test.h"

namespace cebm::kernels {
namespace {

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

}  // namespace
}  // namespace cebm::kernels
