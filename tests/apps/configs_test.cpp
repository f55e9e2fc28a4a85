// Every promised configuration, as a user would run it: the real program on a little data in the true file formats.
#include <sstream>

#include "apps/program.h"
#include "support/data_files.h"

namespace cebm {
namespace {

std::vector<std::string> promised_configs() {
  std::vector<std::string> names;
  for (const std::string folder : {"", "authors/"}) {
    for (const std::string data : {"mnist", "fashion_mnist", "cifar10", "svhn"}) {
      for (const std::string model : {"cebm", "cebmm", "igebm", "vae", "gmm_vae"}) {
        names.push_back(folder + data + "_" + model + ".yaml");
      }
    }
  }
  return names;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).replace_extension().string();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

class EveryConfig : public ProgramTest, public testing::WithParamInterface<std::string> {};

TEST_P(EveryConfig, TrainsForTwoStepsAndLeavesAWholeRun) {
  write_all_sets(folder_ / "sets", {.train = 30, .test = 10});
  // A replay buffer of the batch's size and few pictures: what is slow and the same in all of them.
  const bool has_chains = GetParam().find("ebm") != std::string::npos;
  const std::string chains = has_chains ? " --set sampler.steps=2 --set buffer.size=4" : "";
  const Outcome outcome = run("cebm-train --config " + GetParam() + chains +
                              " --set train.steps=2 --set train.batch_size=4 --set train.sample_count=4 --data-root "
                              "sets --out run -q");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/report.html\n");
  for (const char* file : {"config.yaml", "metrics.csv", "report.html", "samples/data.png",
                           "samples/step_000000002.png", "checkpoints/step_000000002/manifest.json"}) {
    EXPECT_TRUE(exists(std::string("run/") + file)) << file;
  }
}

/// Configurations of other methods, with what makes their two steps small.
struct Recipe {
  const char* name;
  const char* settings;
  bool has_pictures;  ///< of what the model has learned
};

class EveryRecipe : public ProgramTest, public testing::WithParamInterface<Recipe> {};

/// The lines but those about the tests' small sets, which the reader of CIFAR-10 takes for parts of the set.
std::string without_small_sets(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(": not the whole set")) kept += line + "\n";
  }
  return kept;
}

TEST_P(EveryRecipe, TrainsForTwoStepsWithoutAWarningAndLeavesAWholeRun) {
  write_all_sets(folder_ / "sets", {.train = 30, .test = 10});
  const Outcome outcome = run(std::string("cebm-train --config ") + GetParam().name + " " + GetParam().settings +
                              " --set train.steps=2 --set train.batch_size=4 --set train.sample_count=4 --data-root "
                              "sets --out run -q");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(without_small_sets(outcome.err), "");
  for (const char* file : {"config.yaml", "metrics.csv", "report.html", "checkpoints/step_000000002/manifest.json"}) {
    EXPECT_TRUE(exists(std::string("run/") + file)) << file;
  }
  EXPECT_EQ(exists("run/samples/step_000000002.png"), GetParam().has_pictures);
}

constexpr const char* kFewChains = "--set sampler.steps=2 --set buffer.size=4";
constexpr const char* kFewTerms = "--set sampler.steps=2 --set buffer.size=4 --set objective.pcd.images=0";

INSTANTIATE_TEST_SUITE_P(
    Configs, EveryRecipe,
    testing::Values(Recipe{"fashion_mnist_cebm_pair_quick.yaml", "", false},
                    Recipe{"fashion_mnist_cebm_dsm_quick.yaml", "", false},
                    Recipe{"fashion_mnist_cebm_sum_quick.yaml", kFewTerms, true},
                    Recipe{"fashion_mnist_jem_quick.yaml", kFewChains, true},
                    Recipe{"fashion_mnist_cebm_minutes.yaml", kFewTerms, true},
                    Recipe{"fashion_mnist_cebm_hour.yaml", kFewTerms, true},
                    Recipe{"fashion_mnist_cebm_pcd_hour.yaml", kFewChains, true},
                    Recipe{"fashion_mnist_cebmm_hour.yaml", kFewTerms, true},
                    Recipe{"fashion_mnist_igebm_hour.yaml", kFewChains, true},
                    Recipe{"fashion_mnist_vae_hour.yaml", "", true},
                    Recipe{"fashion_mnist_gmm_vae_hour.yaml", "", true},
                    Recipe{"mnist_cebm_hour.yaml", kFewTerms, true}, Recipe{"mnist_cebmm_hour.yaml", kFewTerms, true},
                    Recipe{"mnist_igebm_hour.yaml", kFewChains, true}, Recipe{"mnist_vae_hour.yaml", "", true},
                    Recipe{"mnist_gmm_vae_hour.yaml", "", true}, Recipe{"cifar10_cebm_hour.yaml", kFewTerms, true},
                    Recipe{"cifar10_jem.yaml",
                           "--set sampler.steps=2 --set buffer.size=4 --set model.encoder.depth=10 "
                           "--set model.encoder.width=1",
                           true}),
    [](const auto& which) {
      const std::string name = which.param.name;
      return name.substr(0, name.find('.'));
    });

INSTANTIATE_TEST_SUITE_P(Configs, EveryConfig, testing::ValuesIn(promised_configs()), name_of);

}  // namespace
}  // namespace cebm
