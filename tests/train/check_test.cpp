// What is wrong with a configuration is found before data are read, by a check as by a start.
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/safetensors.h>

#include "support/small_training.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Wrong {
  const char* config;
  std::vector<std::string> overrides;
  std::vector<const char*> parts;  ///< of the message
};

const std::vector<Wrong>& wrong_configurations() {
  static const std::vector<Wrong> all{
      {"cebm", {"objective=elbo"}, {"elbo", "variational autoencoders"}},
      {"cebm", {"objective=bigan"}, {"bigan"}},
      {"vae", {"objective=pcd"}, {"pcd", "no energy"}},
      {"cebm", {"model.encoder.kernels=[3]"}, {"same length"}},
      {"cebm", {"model.encoder.kernels=[3,40]"}, {"kernel of 40"}},
      {"cebm", {"data.size=1"}, {"encoder cnn", "layer 1"}},
      {"vae", {"model.decoder.start=[4,5,5]"}, {"transposed_cnn", "12x12"}},
      {"cebm", {"model.statistic_map=identity"}, {"identity"}},
      {"cebmm", {"model.bias.smallest_scale=3"}, {"smallest_scale"}},
      {"vae", {"model.prior={name: gaussian_mixture, statistics: per_component}"}, {"vae", "statistics"}},
      {"cebm", {"model.encoder={name: wide_resnet, depth: 11}"}, {"depth", "11"}},
      {"cebm", {"buffer.size=9"}, {"buffer.size", "train.batch_size", "10", "9"}},
      {"cebm",
       {"model.encoder={name: wide_resnet, depth: 10, width: 1}", "sampler.precision=bfloat16"},
       {"sampler.precision", "wide_resnet"}},
  };
  return all;
}

/// A data set that counts how often it is read, with 40 grey images of 12 x 12.
class Checking : public SmallTraining {
 protected:
  void SetUp() override {
    SmallTraining::SetUp();
    DatasetEntry counting = catalog_.datasets.find("noise");
    counting.name = "counting";
    counting.build = [build = counting.build, this](const Options& options, const DataContext& context) {
      ++reads_;
      return build(options, context);
    };
    catalog_.datasets.add(counting);
    counting.name = "silent";  // about its images' shape
    counting.image_shape = {};
    catalog_.datasets.add(counting);
  }

  RunConfig config_of(const std::string& name, std::vector<std::string> overrides,
                      const std::string& data = "counting") const {
    RunConfig config(catalog_);
    overrides.insert(overrides.begin(), "data={name: " + data + ", count: 40, size: 12, channels: 1}");
    read_options(load_config(std::filesystem::path(CEBM_TEST_CONFIGS_DIR) / (name + ".yaml"), overrides), config);
    return config;
  }
  TrainPlan plan() const { return {.directory = folder_ / "run", .data = {}}; }

  Catalog catalog_;
  int reads_ = 0;
};

TEST_F(Checking, RefusesWhatAStartRefusesWithoutReadingData) {
  for (const Wrong& wrong : wrong_configurations()) {
    const RunConfig config = config_of(wrong.config, wrong.overrides);
    const std::string message = message_of<ConfigError>([&] { check(config, plan()); });
    for (const char* part : wrong.parts) EXPECT_THAT(message, HasSubstr(part)) << wrong.overrides[0];
    EXPECT_EQ(message_of<ConfigError>([&] { train(config, plan()); }), message);
    EXPECT_EQ(reads_, 0) << wrong.overrides[0];
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run")) << wrong.overrides[0];
  }
}

TEST_F(Checking, AcceptsEveryModelAndSaysTheShapeOfItsImages) {
  for (const char* name : {"cebm", "cebmm", "igebm", "vae", "gmm_vae"}) {
    EXPECT_EQ(check(config_of(name, {}), plan()), (ImageShape{1, 12, 12})) << name;
  }
  EXPECT_EQ(reads_, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(Checking, TakesNoMemoryForTheReplayBuffer) {
  EXPECT_TRUE(check(config_of("cebm", {"buffer.size=100000000", "data.size=64"}), plan()));  // 1.6 TB
}

TEST_F(Checking, ScalesOfRollbacksAreTriedBeforehand) {
  struct WithoutOptions final : SamplerOptions {
    void fields(Fields&) override {}
  };
  catalog_.samplers.add(make_entry<WithoutOptions, SamplerEntry>(
      "still", "does nothing", "{}", [](const WithoutOptions&) -> std::shared_ptr<Sampler> { return nullptr; }));
  const RunConfig config = config_of("cebm", {"sampler=still", "guard.sampler_step_scale=0.5"});
  EXPECT_THAT(message_of<ConfigError>([&] { check(config, plan()); }), HasSubstr("guard.sampler_step_scale"));
}

TEST_F(Checking, WeightsThatDoNotFitAreRefusedWithoutReadingData) {
  save_safetensors(folder_ / "other.safetensors", {{"offset", torch::zeros({1})}});
  TrainPlan from_weights = plan();
  from_weights.init_from = folder_ / "other.safetensors";
  EXPECT_THAT(message_of<CheckpointError>([&] { check(config_of("cebm", {}), from_weights); }),
              AllOf(HasSubstr("other.safetensors"), HasSubstr("offset")));
  EXPECT_EQ(reads_, 0);
}

TEST_F(Checking, ASetThatDoesNotKnowItsShapeIsReadFirstAndThenChecked) {
  EXPECT_EQ(check(config_of("cebm", {"buffer.size=9"}, "silent"), plan()), std::nullopt);
  EXPECT_EQ(reads_, 0);
  for (const Wrong& wrong : wrong_configurations()) {
    EXPECT_THROW(train(config_of(wrong.config, wrong.overrides, "silent"), plan()), ConfigError) << wrong.overrides[0];
  }
  EXPECT_EQ(check(config_of("cebm", {}, "silent"), plan()), std::nullopt);
  EXPECT_EQ(train(config_of("cebm", {"train.steps=1"}, "silent"), plan()), TrainOutcome::finished);
}

TEST_F(Checking, ATrainingStopsAtImagesOfAnotherShapeThanTheSetSaid) {
  DatasetEntry liar = catalog_.datasets.find("noise");
  liar.name = "liar";
  catalog_.datasets.add(with_image_shape(liar, ImageShape{1, 28, 28}));
  EXPECT_THAT(message_of<DataError>([&] { train(config_of("cebm", {}, "liar"), plan()); }),
              AllOf(HasSubstr("1x28x28"), HasSubstr("1x12x12")));
}

}  // namespace
}  // namespace cebm
