#include <gmock/gmock.h>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

enum class Noise { alpha, fixed };

/// Settings that depend on each other: within a section, on a section beside it, on two things at once.
struct SamplerOptions final : Options {
  Noise noise = Noise::alpha;
  double noise_std = 0.5;
  bool clip = false;
  double clip_at = 1.0;
  void fields(Fields& visit) override {
    static constexpr std::pair<const char*, Noise> names[] = {{"alpha", Noise::alpha}, {"fixed", Noise::fixed}};
    // The condition may stand on what comes later.
    visit.when({noise == Noise::fixed, "noise: fixed"}, [&] {
      visit.real("noise_std", noise_std, {}, "standard deviation");
      visit.when({clip, "clip: true"}, [&] { visit.real("clip_at", clip_at, {}, "limit"); });
    });
    visit.enumeration<Noise>("noise", noise, names, "kind of noise");
    visit.boolean("clip", clip, "whether there is a limit");
  }
};

struct MethodOptions final : Options {
  explicit MethodOptions(const toy::ToyCatalog& catalog) : model(catalog.models, catalog, "cebm") {}
  Choice<toy::ModelEntry> model;
  SamplerOptions sampler;
  toy::TrainOptions train;
  void fields(Fields& visit) override {
    visit.variant("model", model, "what is trained");
    visit.when({model.name() == "cebm", "model: cebm"}, [&] { visit.section("sampler", sampler, "how chains move"); });
    DescribedBy train_here([&](Fields& inside) {
      inside.when({sampler.clip, "sampler.clip: true"}, [&] {
        inside.integer("steps", train.steps, {1, 1000000}, "gradient steps");
      });
    });
    visit.section("train", train_here, "training loop");
  }
};

struct Read {
  explicit Read(const ConfigNode& node) : options(catalog) {
    read_options(node, options);
    for (const UnusedSetting& setting : unused_settings(node, options)) unused.push_back(setting.describe());
  }
  toy::ToyCatalog catalog = toy::make_catalog();
  MethodOptions options;
  std::vector<std::string> unused;
};

std::vector<std::string> unused_in(const std::string& yaml) { return Read(parse_config(yaml, "c.yaml")).unused; }

TEST(UnusedSettings, AreNamedWithPlaceAndCondition) {
  EXPECT_THAT(unused_in("sampler:\n  noise: alpha\n  noise_std: 0.1\n"),
              ElementsAre("c.yaml:3: sampler.noise_std: has no effect: it is read only with noise: fixed"));
  EXPECT_THAT(unused_in("train: {steps: 3}"),
              ElementsAre("c.yaml:1: train.steps: has no effect: it is read only with sampler.clip: true"));
}

TEST(UnusedSettings, AreAcceptedAndKeepWhatWasWritten) {
  EXPECT_EQ(Read(parse_config("sampler: {noise_std: 0.1}")).options.sampler.noise_std, 0.1);
}

TEST(UnusedSettings, DoNotIncludeWhatIsReadAndWhatNobodyWrote) {
  EXPECT_THAT(unused_in(""), IsEmpty());
  EXPECT_THAT(unused_in("sampler: {noise: fixed, noise_std: 0.1}"), IsEmpty());
  EXPECT_THAT(unused_in("sampler: {clip: true, noise: fixed, clip_at: 2}\ntrain: {steps: 3}"), IsEmpty());
  EXPECT_THAT(unused_in("model: plain\nsampler:\n"), IsEmpty()) << "an empty section sets nothing";
}

TEST(UnusedSettings, CountEvenWhereTheValueIsTheDefault) {
  EXPECT_THAT(unused_in("sampler: {noise_std: 0.5}"), ElementsAre(HasSubstr("sampler.noise_std")));
}

TEST(UnusedSettings, NameEveryConditionThatIsMissing) {
  EXPECT_THAT(unused_in("sampler: {clip_at: 2}"),
              ElementsAre(HasSubstr("clip_at: has no effect: it is read only with noise: fixed and clip: true")));
  EXPECT_THAT(unused_in("sampler: {noise: fixed, clip_at: 2}"), ElementsAre(HasSubstr("only with clip: true")));
}

TEST(UnusedSettings, NameASectionOnceThatIsUnreadAsAWhole) {
  EXPECT_THAT(unused_in("model: plain\nsampler:\n  noise: fixed\n  noise_std: 1\n"),
              ElementsAre("c.yaml:2: sampler: has no effect: it is read only with model: cebm"));
}

TEST(UnusedSettings, OfAnOverrideNameIt) {
  ConfigNode node = parse_config("sampler: {noise: fixed, noise_std: 0.1}", "c.yaml");
  apply_overrides(node, {"sampler.noise=alpha"});
  EXPECT_THAT(Read(node).unused, ElementsAre(testing::StartsWith("c.yaml:1: sampler.noise_std: ")));
  apply_overrides(node, {"sampler.noise_std=0.2"});
  EXPECT_THAT(Read(node).unused, ElementsAre(testing::StartsWith("--set sampler.noise_std=0.2: sampler.noise_std: ")));
}

TEST(UnusedSettings, AreLeftOutOfADumpWhichThenHasNone) {
  for (const char* yaml : {"", "model: plain", "sampler: {noise: fixed}", "sampler: {clip: true, noise_std: 3}"}) {
    const std::string dump = dump_options(Read(parse_config(yaml)).options);
    const Read again(parse_config(dump));
    EXPECT_THAT(again.unused, IsEmpty()) << dump;
    EXPECT_EQ(dump_options(again.options), dump);
  }
  EXPECT_THAT(dump_options(Read(parse_config("model: plain")).options), Not(HasSubstr("sampler")));
  EXPECT_THAT(dump_options(Read(parse_config("sampler: {noise_std: 3}")).options), Not(HasSubstr("noise_std")));
  EXPECT_THAT(dump_options(Read(parse_config("sampler: {noise: fixed}")).options), HasSubstr("noise_std: 0.5"));
}

TEST(UnusedSettings, HaveTheirConditionInTheReference) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  std::string rows;
  for (const FieldDoc& doc : document_options(MethodOptions(catalog))) rows += doc.key + ": " + doc.help + "\n";
  EXPECT_THAT(rows, HasSubstr("sampler: how chains move; read only with model: cebm\n"));
  EXPECT_THAT(rows, HasSubstr("sampler.noise_std: standard deviation; read only with noise: fixed\n"));
  EXPECT_THAT(rows, HasSubstr("sampler.clip_at: limit; read only with noise: fixed and clip: true\n"));
  EXPECT_THAT(rows, HasSubstr("sampler.noise: kind of noise\n"));
}

}  // namespace
}  // namespace cebm
