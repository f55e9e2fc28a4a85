#include <algorithm>
#include <cmath>

#include "cuda_on_cpu/device_kernels_test.h"

namespace cebm::kernels {
namespace {

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

}  // namespace
}  // namespace cebm::kernels
