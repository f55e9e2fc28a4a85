// Drawing from priors, components and conditions, and reconstructing, with the real programs.
#include <cebm/image_io.h>

#include "apps/program.h"

namespace cebm {
namespace {

using testing::HasSubstr;

class Generate : public ProgramTest {
 protected:
  /// Trains a small model of this kind into the folder "run".
  void train_model(const std::string& model) const {
    write("model.yaml", "extends: tiny.yaml\nmodel: " + model + "\n" +
                            (model.find("vae") == std::string::npos ? "" : "objective: elbo\n"));
    const Outcome outcome = run("cebm-train --config model.yaml --data-root data --out run -q");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Outcome sample(const std::string& arguments) const {
    return run("cebm-sample --run run --data-root data " + arguments);
  }
  torch::Tensor drawn(const std::string& file) const { return read_npy(folder_ / file); }

  static constexpr const char* kVae =
      "{name: gmm_vae, latent_dim: 4, prior: {name: gaussian_mixture, components: 3}, encoder: {name: cnn, channels: "
      "[4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}, decoder: {name: transposed_cnn, start: [4, 7, 7], "
      "channels: [4], kernels: [4, 4], strides: [2, 2], paddings: [1, 1], hidden: []}}";
  static constexpr const char* kMixture =
      "{name: cebmm, latent_dim: 4, bias: {name: gaussian_mixture, components: 3}, encoder: {name: cnn, channels: "
      "[4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}}";
};

TEST_F(Generate, AVaeDrawsFromItsPriorAndFromSingleComponents) {
  train_model(kVae);
  const Outcome prior = sample("--count 10 --out prior.png");
  ASSERT_EQ(prior.code, 0) << prior.err;
  EXPECT_THAT(prior.out, HasSubstr("prior.png\nvariety"));
  const torch::Tensor images = drawn("prior.npy");
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{10, 1, 28, 28}));
  EXPECT_LT(images.min().item<float>(), -0.01F) << "[-1, 1], whatever the model's own range";

  ASSERT_EQ(sample("--component all --count 4 --out all.png").code, 0);
  EXPECT_EQ(drawn("all.npy").size(0), 12);
  EXPECT_EQ(read_png(folder_ / "all.png").width, 4 * (2 * 28 + 2) - 2) << "one component a row";
  ASSERT_EQ(sample("--component 2,0 --count 4 --out two.png").code, 0);
  EXPECT_TRUE(drawn("two.npy").narrow(0, 0, 4).equal(drawn("all.npy").narrow(0, 8, 4)));
  EXPECT_TRUE(drawn("two.npy").narrow(0, 4, 4).equal(drawn("all.npy").narrow(0, 0, 4)));
}

TEST_F(Generate, AVaeTrainsToTheSameBytesInOneGoOrInTwoAndForAnyNumberOfThreads) {
  train_model(kVae);
  const std::string train = "cebm-train --config model.yaml --data-root data -q --set train.ema_decay=0.9 ";
  ASSERT_EQ(run(train + "--threads 1 --out one").code, 0);
  ASSERT_EQ(run(train + "--threads 2 --out two").code, 0);
  ASSERT_EQ(run(train + "--set train.steps=2 --out halves").code, 0);
  ASSERT_EQ(run(train + "--resume --out halves").code, 0);
  for (const char* file : {"metrics.csv", "checkpoints/step_000000004/model.safetensors",
                           "checkpoints/step_000000004/ema.safetensors", "samples/step_000000004.png"}) {
    EXPECT_EQ(contents(folder_ / "one" / file), contents(folder_ / "two" / file)) << file;
    EXPECT_EQ(contents(folder_ / "one" / file), contents(folder_ / "halves" / file)) << file;
    EXPECT_NE(contents(folder_ / "one" / file), "") << file;
  }
}

TEST_F(Generate, DrawsAndReconstructionsAreTheSameBytesForAnyNumberOfThreads) {
  train_model(kVae);
  for (const std::string what : {"--count 37", "--component all --count 5", "--reconstruct --count 19"}) {
    ASSERT_EQ(sample(what + " --threads 1 --out one.png").code, 0);
    ASSERT_EQ(sample(what + " --threads 3 --out three.png").code, 0);
    EXPECT_EQ(contents(folder_ / "one.npy"), contents(folder_ / "three.npy")) << what;
  }
}

TEST_F(Generate, AVaeReconstructsBelowTheData) {
  train_model(kVae);
  const Outcome outcome = sample("--reconstruct --count 6 --columns 4 --out pairs.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const torch::Tensor rows = drawn("pairs.npy");
  ASSERT_EQ(rows.size(0), 16) << "two rows of data, each with its reconstructions; the last not full";
  EXPECT_TRUE((rows.slice(0, 10, 12) == -1).all().item<bool>());
  EXPECT_FALSE(rows.narrow(0, 0, 4).equal(rows.narrow(0, 4, 4)));
  EXPECT_EQ(outcome.out, "pairs.png\n");
}

TEST_F(Generate, FlagsThatNothingReadsInADrawAreRefused) {
  train_model(kVae);
  for (const auto& [arguments, flag] :
       std::vector<std::pair<std::string, std::string>>{{"--reconstruct --component 0", "--component: "},
                                                        {"--split train", "--split: "},
                                                        {"--component all --columns 3", "--columns: "}}) {
    const Outcome outcome = sample(arguments + " --out x.png");
    EXPECT_EQ(outcome.code, 2) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(flag)) << arguments;
  }
}

TEST_F(Generate, AMixtureOfEnergiesGivesARowPerComponent) {
  train_model(kMixture);
  const Outcome outcome = sample("--component all --count 5 --steps 3 --out rows.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(drawn("rows.npy").size(0), 15);
  EXPECT_EQ(read_png(folder_ / "rows.png").width, 5 * (2 * 28 + 2) - 2);
  ASSERT_EQ(sample("--count 15 --steps 3 --out plain.png").code, 0);
  EXPECT_FALSE(drawn("plain.npy").equal(drawn("rows.npy"))) << "the same noise on other energies";
}

TEST_F(Generate, ChainsForTheCodeOfAPictureOrOfAnArray) {
  train_model(kMixture);
  ASSERT_EQ(sample("--init data --steps 0 --count 2 --out data.png").code, 0);
  ASSERT_EQ(sample("--given-latent-of data.npy --count 3 --steps 3 --out images.png").code, 0);
  EXPECT_EQ(drawn("images.npy").size(0), 6) << "three chains for each of the two images";
  write_npy(folder_ / "z.npy", torch::zeros({4}));
  ASSERT_EQ(sample("--given-latent-of z.npy --count 3 --steps 3 --out code.png").code, 0);
  EXPECT_EQ(drawn("code.npy").size(0), 3);
  ASSERT_EQ(sample("--given-latent-of data.png --count 2 --steps 3 --sampler-option boundary=clamp --out p.png").code,
            0);
  EXPECT_LE(drawn("p.npy").abs().max().item<float>(), 1.0F);
}

TEST_F(Generate, AFileOfStartsIsSharedOutAmongConditions) {
  train_model(kMixture);
  ASSERT_EQ(sample("--init data --steps 0 --count 6 --out starts.png").code, 0);
  ASSERT_EQ(sample("--component all --init starts.npy --steps 0 --out rows.png").code, 0);
  EXPECT_TRUE(drawn("rows.npy").equal(drawn("starts.npy")));
  EXPECT_EQ(read_png(folder_ / "rows.png").width, 2 * (2 * 28 + 2) - 2) << "two for each of the three components";
  const Outcome uneven = sample("--component 0,1,2,0 --init starts.npy --steps 0 --out uneven.png");
  EXPECT_EQ(uneven.code, 2);
  EXPECT_THAT(uneven.err, HasSubstr("4 conditions"));
}

TEST_F(Generate, JointSamplingAlternatesCodesAndSteps) {
  train_model(kMixture);
  const Outcome joint = sample("--joint 2 --steps 6 --count 4 --out joint.png");
  ASSERT_EQ(joint.code, 0) << joint.err;
  EXPECT_THAT(joint.err, HasSubstr("chains: kernels of our own"));
  ASSERT_EQ(sample("--steps 6 --count 4 --out plain.png").code, 0);
  EXPECT_FALSE(drawn("joint.npy").equal(drawn("plain.npy")));
  EXPECT_THAT(joint.err, HasSubstr("the chains do not sample p(x, z)")) << "tiny.yaml has 0.001";
  const Outcome tempered = sample("--joint 2 --steps 6 --count 4 --sampler-option noise=sqrt_alpha --out t.png");
  EXPECT_THAT(tempered.err, testing::Not(HasSubstr("do not sample p(x, z)")));
}

TEST_F(Generate, WhatAModelCannotDrawIsRefused) {
  train_model(kMixture);
  const auto refused = [&](const std::string& arguments, int code, const std::string& part) {
    const Outcome outcome = sample(arguments + " --out x.png");
    EXPECT_EQ(outcome.code, code) << arguments << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part)) << arguments;
    EXPECT_FALSE(exists("x.png"));
  };
  refused("--component 3", 2, "0 .. 2");
  refused("--component two", 2, "two");
  refused("--reconstruct", 2, "generates no images");
  refused("--joint 4 --steps 6", 2, "divides");
  refused("--joint 2 --steps 6 --component 1", 2, "several");
  refused("--sampler-option boundry=clamp", 2, "boundary");
  write_npy(folder_ / "bad.npy", torch::zeros({5}));
  refused("--given-latent-of bad.npy", 1, "bad.npy");
  refused("--given-latent-of nowhere.png", 1, "nowhere.png");
}

TEST_F(Generate, ChainFlagsAreRefusedWhereThereAreNoChains) {
  train_model(kVae);
  for (const char* flag : {"--steps 3", "--init buffer", "--joint 2", "--trace"}) {
    const Outcome outcome = sample(std::string(flag) + " --out x.png");
    EXPECT_EQ(outcome.code, 2) << flag;
    EXPECT_THAT(outcome.err, HasSubstr("no chains")) << flag;
  }
  EXPECT_THAT(sample("--component 3 --out x.png").err, HasSubstr("0 .. 2"));
}

TEST_F(Generate, BoundsOnALikelihoodAreReportedPerImage) {
  train_model(kVae);
  const Outcome outcome = run("cebm-eval likelihood --run run --data-root data --set samples=[3]");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/eval/likelihood/mnist_test\n");
  const torch::Tensor elbo = read_npy(folder_ / "run/eval/likelihood/mnist_test/elbo.npy");
  EXPECT_EQ(elbo.sizes(), (std::vector<std::int64_t>{20}));
  EXPECT_THAT(contents(folder_ / "run/eval/likelihood/mnist_test/result.json"), HasSubstr("bound_3"));
}

}  // namespace
}  // namespace cebm
