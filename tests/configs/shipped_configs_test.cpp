// Every configuration that comes with the program: it reads, its model has the weights and images that the paper's and
// the authors' tables imply, and a training step at reduced size works.
#include <cebm/catalog.h>
#include <cebm/trainer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

namespace cebm {
namespace {

namespace fs = std::filesystem;

const Catalog& catalog() {
  static const Catalog built_in;
  return built_in;
}

struct Shipped {
  std::string file;  ///< below configs/
  std::string data;
  std::string model;
  std::int64_t weights;  ///< trained parameters, counted by hand from the tables

  ImageShape image() const {
    return data == "cifar10" || data == "svhn" ? ImageShape{3, 32, 32} : ImageShape{1, 28, 28};
  }
};

// Convolutions and first fully connected layer of Tables 2-4.
constexpr std::int64_t kPaper28 =
    (64 * 9 + 64) + (64 * 64 * 16 + 64) + (32 * 64 * 16 + 32) + (32 * 32 * 16 + 32) + (128 * 32 * 9 + 128);
constexpr std::int64_t kPaper32 =
    (64 * 27 + 64) + (128 * 64 * 16 + 128) + (256 * 128 * 16 + 256) + (512 * 256 * 16 + 512) + (128 * 512 * 16 + 128);
constexpr std::int64_t kDecoder28 = (128 * 128 + 128) + (288 * 128 + 288) + (32 * 32 * 16 + 32) + (32 * 64 * 16 + 64) +
                                    (64 * 64 * 16 + 64) + (64 * 9 + 1);
constexpr std::int64_t kDecoder32 = (128 * 128 + 128) + (8192 * 128 + 8192) + (512 * 32 * 16 + 32) +
                                    (32 * 64 * 16 + 64) + (64 * 64 * 16 + 64) + (64 * 27 + 3);
// The authors' code: EBMs 32, 32, 64, 64 channels, VAEs 64, 64, 32, 32 and a hidden layer of 128.
constexpr std::int64_t kAuthors28 = (32 * 9 + 32) + (32 * 32 * 16 + 32) + (64 * 32 * 16 + 64) + (64 * 64 * 16 + 64);
constexpr std::int64_t kAuthors32 = kAuthors28 + 2 * 32 * 9;
constexpr std::int64_t kAuthorsVae32 =
    (64 * 27 + 64) + (64 * 64 * 16 + 64) + (32 * 64 * 16 + 32) + (32 * 32 * 16 + 32) + (128 * 512 + 128);
constexpr std::int64_t kAuthorsDecoder32 = (128 * 128 + 128) + (512 * 128 + 512) + (32 * 32 * 16 + 32) +
                                           (32 * 64 * 16 + 64) + (64 * 64 * 16 + 64) + (64 * 27 + 3);
/// A linear layer.
constexpr std::int64_t linear(std::int64_t in, std::int64_t out) { return in * out + out; }

std::int64_t weights_of_paper(bool colour, const std::string& model) {
  const std::int64_t encoder = colour ? kPaper32 : kPaper28;
  const std::int64_t decoder = colour ? kDecoder32 : kDecoder28;
  const std::int64_t mixture = 50 * 2 * 128;
  if (model == "cebm") return encoder + linear(128, 256);
  if (model == "cebmm") return encoder + linear(128, 50 * 256) + mixture;
  if (model == "igebm") return encoder + linear(128, 128) + linear(128, 1);
  const std::int64_t vae = encoder + linear(128, 256) + decoder;
  return model == "vae" ? vae : vae + mixture;
}

std::int64_t weights_of_authors(bool colour, const std::string& model) {
  const std::int64_t encoder = colour ? kAuthors32 : kAuthors28;
  const std::int64_t features = colour ? 64 * 16 : 64 * 9;
  if (model == "cebm" || model == "cebmm") return encoder + linear(features, 256);
  if (model == "igebm") return encoder + linear(features, 256) + linear(256, 128) + linear(128, 1);
  const std::int64_t vae =
      (colour ? kAuthorsVae32 : kPaper28) + linear(128, 256) + (colour ? kAuthorsDecoder32 : kDecoder28);
  return model == "vae" ? vae : vae + 20 * 2 * 128;
}

std::vector<Shipped> promised_configs() {
  std::vector<Shipped> all;
  for (const std::string data : {"mnist", "fashion_mnist", "cifar10", "svhn"}) {
    const bool colour = data == "cifar10" || data == "svhn";
    for (const std::string model : {"cebm", "cebmm", "igebm", "vae", "gmm_vae"}) {
      all.push_back({data + "_" + model + ".yaml", data, model, weights_of_paper(colour, model)});
      all.push_back({"authors/" + data + "_" + model + ".yaml", data, model, weights_of_authors(colour, model)});
    }
  }
  return all;
}

RunConfig read(const std::string& file) {
  RunConfig config(catalog());
  read_options(load_config(fs::path(CEBM_CONFIGS_DIR) / file), config);
  return config;
}

std::shared_ptr<Model> build(const RunConfig& config, ImageShape image) {
  return config.model.build(ModelContext{image, static_cast<std::uint64_t>(config.train.seed)});
}

std::string name_of(const testing::TestParamInfo<Shipped>& info) {
  std::string name = fs::path(info.param.file).replace_extension().string();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

class PromisedConfig : public testing::TestWithParam<Shipped> {};

TEST_P(PromisedConfig, NamesItsDataAndModelAndTrainsAsThePaperOrTheAuthorsDo) {
  const RunConfig config = read(GetParam().file);
  EXPECT_EQ(config.data.name(), GetParam().data);
  EXPECT_EQ(config.model.name(), GetParam().model);
  const bool vae = GetParam().model.ends_with("vae");
  EXPECT_EQ(config.objective.name(), vae ? "elbo" : "pcd");
  if (GetParam().file.starts_with("authors/")) {
    EXPECT_EQ(config.train.batch_size, 100);
    EXPECT_DOUBLE_EQ(config.train.optimizer.learning_rate, vae ? 1e-4 : 5e-5);
    const std::int64_t images = GetParam().data == "cifar10" ? 50000 : GetParam().data == "svhn" ? 604388 : 60000;
    EXPECT_EQ(config.train.steps, (vae ? 200 : 150) * (images / 100));
  } else {
    EXPECT_EQ(config.train.steps, 90000);
    EXPECT_EQ(config.train.batch_size, 128);
    EXPECT_DOUBLE_EQ(config.train.optimizer.learning_rate, 1e-4);
  }
}

TEST_P(PromisedConfig, BuildsAModelWithTheWeightsCountedByHand) {
  const auto model = build(read(GetParam().file), GetParam().image());
  std::int64_t weights = 0;
  for (const auto& parameter : model->parameters()) weights += parameter.numel();
  EXPECT_EQ(weights, GetParam().weights);
}

TEST_P(PromisedConfig, GivesCodesEnergiesAndImagesOfTheRightShape) {
  const torch::NoGradGuard no_graph;
  const ImageShape image = GetParam().image();
  const auto model = build(read(GetParam().file), image);
  const torch::Tensor x = uniform({2, image.channels, image.height, image.width}, {.seed = 1});
  EXPECT_EQ(model->latent(x).sizes(), (std::vector<std::int64_t>{2, 128}));
  EXPECT_EQ(dynamic_cast<Density&>(*model).log_density(x).sizes(), (std::vector<std::int64_t>{2}));
  if (auto* const generator = dynamic_cast<Generator*>(model.get())) {
    EXPECT_EQ(generator->generate(generator->prior().expand(2).sample({.seed = 2})).sizes(), x.sizes());
  }
}

TEST_P(PromisedConfig, TakesATrainingStepAtReducedSize) {
  RunConfig config = read(GetParam().file);
  const ImageShape image = GetParam().image();
  const auto model = build(config, image);
  if (auto* const pcd = dynamic_cast<PcdOptions*>(&config.objective.options())) {
    read_options(parse_config("{steps: 1}"), pcd->chains.options());
    pcd->buffer.size = 4;
  }
  const auto objective = config.objective.build(ObjectiveContext{model, 1, torch::kCPU});
  const torch::Tensor x = uniform({2, image.channels, image.height, image.width}, {.seed = 1});
  for (const auto& [name, value] : objective->add_gradient(unlabelled(x), 0)) {
    EXPECT_TRUE(value.isfinite().all().item<bool>()) << name;
  }
  for (const auto& item : model->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, PromisedConfig, testing::ValuesIn(promised_configs()), name_of);

std::vector<fs::path> shipped_configs() {
  std::vector<fs::path> files;
  for (const char* folder : {".", "authors", "families", "literal"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(CEBM_CONFIGS_DIR) / folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(ShippedConfigs, LiteralOnesHaveThePapersNumbersAndSayThatTheyDoNotTrain) {
  int count = 0;
  for (const Shipped& shipped : promised_configs()) {
    if (shipped.file.starts_with("authors/") || shipped.model.ends_with("vae")) continue;
    const std::string file = "literal/" + shipped.file;
    std::ifstream stream(fs::path(CEBM_CONFIGS_DIR) / file);
    std::string first_line;
    std::getline(stream, first_line);
    EXPECT_TRUE(first_line.starts_with("# Does not train: ")) << file;
    RunConfig config = read(file);
    const auto& sampler = dynamic_cast<const SgldOptions&>(config.sampler().options());
    EXPECT_DOUBLE_EQ(sampler.alpha, 0.075) << file;
    EXPECT_NEAR(sampler.noise_std, std::sqrt(0.075), 1e-8) << file;
    EXPECT_DOUBLE_EQ(dynamic_cast<const PcdOptions&>(config.objective.options()).contrast.energy_l2, 0.1) << file;
    EXPECT_NEAR(config.train.data_noise_std, std::sqrt(0.03), 1e-8) << file;
    // All else is as in the configuration that trains.
    read_options(parse_config("{alpha: 2, noise_std: 0.0075}"), config.sampler().options());
    read_options(parse_config("{energy_l2: 0.005}"), config.objective.options());
    EXPECT_EQ(dump_options(config), dump_options(read(shipped.file))) << file;
    ++count;
  }
  EXPECT_EQ(count, 12);
}

TEST(ShippedConfigs, AllPassTheCheckOfAStart) {
  EXPECT_GE(shipped_configs().size(), promised_configs().size());
  for (const fs::path& file : shipped_configs()) {
    try {
      EXPECT_TRUE(check(read(file), TrainPlan{.directory = {}, .data = {}})) << file;
    } catch (const Error& error) {
      ADD_FAILURE() << file << ": " << error.what();
    }
  }
}

TEST(ShippedConfigs, EveryFamilyTakesATrainingStepAtReducedSize) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(CEBM_CONFIGS_DIR) / "families")) {
    RunConfig config = read("families/" + entry.path().filename().string());
    const auto model = build(config, {1, 28, 28});
    read_options(parse_config("{steps: 2}"), config.sampler().options());
    dynamic_cast<PcdOptions&>(config.objective.options()).buffer.size = 4;
    const auto objective = config.objective.build(ObjectiveContext{.model = model, .batch_size = 2});
    const torch::Tensor x = uniform({2, 1, 28, 28}, {.seed = 1});
    for (const auto& [name, value] : objective->add_gradient(unlabelled(x), 0)) {
      EXPECT_TRUE(value.isfinite().all().item<bool>()) << entry.path() << " " << name;
    }
    for (const auto& item : model->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << entry.path() << " " << item.key();
      EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << entry.path() << " " << item.key();
    }
    ++count;
  }
  EXPECT_GE(count, 10);
}

TEST(ShippedConfigs, SetNothingWithoutEffect) {
  for (const fs::path& file : shipped_configs()) {
    RunConfig config(catalog());
    const ConfigNode node = load_config(file);
    read_options(node, config);
    const std::vector<UnusedSetting> unused = unused_settings(node, config);
    EXPECT_TRUE(unused.empty()) << file << ": " << unused.front().describe();
  }
}

}  // namespace
}  // namespace cebm
