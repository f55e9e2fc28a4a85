#include "eval/evaluators/chains.h"

#include <cebm/image_io.h>
#include <cebm/sampling.h>
#include <gmock/gmock.h>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

using testing::HasSubstr;

class LongChainsTest : public EvaluatorTest {
 protected:
  ChainsResult chains(const std::string& yaml) const { return ChainsResult::from_json(result_of("chains", yaml)); }
};

TEST_F(LongChainsTest, AreTheChainsOfTheRunsSamplerAndTheirEnergies) {
  const ChainsResult result = chains("{chains: 4, steps: 30, every: 3, init: data, warmup: 0.2, projections: 2}");
  EXPECT_EQ(result.draws, 9) << "of the 11 draws the last 9";
  EXPECT_EQ(result.quantities.size(), 4);
  const torch::Tensor energies = read_npy(folder_ / "chains/draws_energy.npy");
  ASSERT_EQ(energies.sizes(), (std::vector<std::int64_t>{4, 11}));

  auto& model = dynamic_cast<EnergyModel&>(*run_->model);
  const auto sampler = trained_sampler(*run_);
  Chains expected = make_chains(chain_starts(*run_, "data", 4, 1, [] { return make_stripes({}, {.split = "train"}); }));
  EXPECT_TRUE(energies.select(1, 0).to(torch::kFloat).allclose(model.energy(expected.x)));
  sampler->advance(model, expected, 30, 1, first_free_step(*run_));
  EXPECT_TRUE(energies.select(1, 10).to(torch::kFloat).allclose(model.energy(expected.x)));
  for (const char* file : {"energy.svg", "gradient_norm.svg", "traces.svg", "autocorrelation.svg", "chains.png"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "chains" / file)) << file;
  }
}

TEST_F(LongChainsTest, MoreThanTheImagesToStartFromAreRefusedByTheEvaluatorsOwnSetting) {
  EXPECT_THAT(
      message_of<ConfigError>([&] { chains("{chains: 100000, steps: 30, every: 3, init: data, warmup: 0.2}"); }),
      HasSubstr("chains: chains: 100000 chains in all, but the data set has only"));
}

TEST_F(LongChainsTest, TooFewDrawsAfterWarmUpAreRefused) {
  EXPECT_THAT(message_of<ConfigError>([&] { build("chains", "{steps: 20, every: 5}"); }),
              HasSubstr("chains: expected at least 8 draws after warm-up, found 3"));
}

}  // namespace
}  // namespace cebm
