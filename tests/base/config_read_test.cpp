#include <gmock/gmock.h>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::StartsWith;
using toy::resolve;
using toy::resolve_error;

TEST(ConfigRead, FillsEveryKindOfSetting) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  read_options(
      parse_config("root: 'a b'\n"
                   "model: {name: cebm, channels: [3, 4], bias: {name: mixture, statistics: per_component}}\n"
                   "train:\n  offset: -9223372036854775808\n  scale: -2.5e3\n  fast: off\n  optimizer:\n    lr: 1\n"),
      options);
  EXPECT_EQ(options.root, "a b");
  const auto& model = dynamic_cast<const toy::CebmOptions&>(options.model.options());
  EXPECT_EQ(model.channels, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(model.bias.name(), "mixture");
  const auto& bias = dynamic_cast<const toy::MixtureOptions&>(model.bias.options());
  EXPECT_EQ(bias.components, 50);
  EXPECT_EQ(bias.statistics, toy::Statistics::per_component);
  EXPECT_EQ(options.train.offset, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(options.train.scale, -2500.0);
  EXPECT_FALSE(options.train.fast);
  EXPECT_EQ(options.train.optimizer.lr, 1.0);
  EXPECT_EQ(options.train.steps, 90000);
}

TEST(ConfigRead, TakesEmptySectionsForDefaults) {
  const std::string defaults = resolve("");
  for (const char* yaml :
       {"train:\n", "train: {}\n", "train: {optimizer: }\n", "model:\n", "model: {}\n", "model: {bias: }\n"}) {
    EXPECT_EQ(resolve(yaml), defaults) << yaml;
  }
}

TEST(ConfigRead, KeepsWhatIsNotMentioned) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  read_options(parse_config("model: {bias: {name: mixture, components: 3}}\ntrain: {steps: 5}\n"), options);
  const std::string before = dump_options(options);
  read_options(parse_config("model: {name: cebm, bias: mixture}\ntrain: {batch_size: 128}\n"), options);
  EXPECT_EQ(dump_options(options), before);
}

TEST(ConfigRead, AcceptsOnlyExactIntegers) {
  for (const char* bad : {"1.5", "1.0", "1_000", "0x10", "'1 '", "+1", "one", "[1]", "{a: 1}", "", "''", "0", "1000001",
                          "99999999999999999999", "true"}) {
    EXPECT_THAT(resolve_error(std::string("train:\n  steps: ") + bad),
                StartsWith("c.yaml:2: train.steps: expected integer in [1, 1000000], found "))
        << bad;
  }
  for (const char* good : {"1", "1000000", "'7'"}) {
    EXPECT_EQ(resolve_error(std::string("train: {steps: ") + good + "}"), "no error") << good;
  }
}

std::int64_t offset_of(const std::string& text) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  read_options(parse_config("train: {offset: " + text + "}"), options);
  return options.train.offset;
}

TEST(ConfigRead, TakesExponentNotationForAnIntegerWhereTheValueIsWhole) {
  for (const auto& [text, value] : {std::pair{"1e5", 100000},
                                    {"1.0e5", 100000},
                                    {"1E+3", 1000},
                                    {"1.25e2", 125},
                                    {"120e-1", 12},
                                    {"-2.50e1", -25},
                                    {".5e1", 5},
                                    {"3.e2", 300},
                                    {"0e0", 0},
                                    {"-0.0e9", 0}}) {
    EXPECT_EQ(offset_of(text), value) << text;
  }
  EXPECT_EQ(resolve("model: {channels: [1e2, 2.5e1]}"), resolve("model: {channels: [100, 25]}"));
}

TEST(ConfigRead, ReadsExponentNotationWithoutRounding) {
  EXPECT_EQ(offset_of("9007199254740993e0"), 9007199254740993);
  EXPECT_EQ(offset_of("9.223372036854775807e18"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(offset_of("-9.223372036854775808e18"), std::numeric_limits<std::int64_t>::min());
  EXPECT_THAT(toy::error_of([] { offset_of("100000.00000000000001e0"); }), testing::HasSubstr("expected integer"));
}

TEST(ConfigRead, RefusesExponentNotationThatIsNoInteger) {
  for (const char* bad : {"1.5e0", "1.25e1", "1e-1", "e5", ".e5", "1e", "1e5.0", "--1e5", "1_0e2", "0x1e3", "1e5 x",
                          "1e+-5", "9.3e18", "1e19", "1e400", "1e99999999999999999999", "nane5"}) {
    EXPECT_THAT(toy::error_of([&] { offset_of("'" + std::string(bad) + "'"); }),
                StartsWith("config:1: train.offset: expected integer, found '" + std::string(bad)))
        << bad;
  }
  EXPECT_THAT(resolve_error("train: {steps: 1e7}"),
              StartsWith("c.yaml:1: train.steps: expected integer in [1, 1000000]"));
}

TEST(ConfigRead, AcceptsFiniteNumbersInRange) {
  for (const char* bad :
       {"nan", ".nan", "inf", ".inf", "-inf", "1e400", "0x1p3", "1,5", "1.1", "-0.1", "a", "", "[1]"}) {
    EXPECT_THAT(resolve_error(std::string("train: {optimizer: {lr: ") + (*bad == '\0' ? "" : "\"") + bad +
                              (*bad == '\0' ? "" : "\"") + "}}"),
                StartsWith("c.yaml:1: train.optimizer.lr: expected number in [0, 1], found "))
        << bad;
  }
  const toy::ToyCatalog catalog = toy::make_catalog();
  for (const auto& [text, value] : {std::pair{"0", 0.0}, {"1", 1.0}, {"1e-4", 1e-4}, {".5", 0.5}, {"2.5E-1", 0.25}}) {
    toy::RootOptions options(catalog);
    read_options(parse_config(std::string("train: {optimizer: {lr: ") + text + "}}"), options);
    EXPECT_EQ(options.train.optimizer.lr, value) << text;
  }
}

TEST(ConfigRead, AcceptsYamlsBooleansOnly) {
  for (const char* yes : {"true", "True", "yes", "on"}) {
    EXPECT_EQ(resolve(std::string("train: {fast: ") + yes + "}"), resolve("train: {fast: true}")) << yes;
  }
  for (const char* no : {"false", "FALSE", "no", "off"}) {
    EXPECT_EQ(resolve(std::string("train: {fast: ") + no + "}"), resolve("train: {fast: false}")) << no;
  }
  for (const char* bad : {"1", "0", "maybe", "[true]", "", "tRUE"}) {
    EXPECT_THAT(resolve_error(std::string("train: {fast: ") + bad + "}"),
                StartsWith("c.yaml:1: train.fast: expected true or false, found "))
        << bad;
  }
}

TEST(ConfigRead, NamesTheItemOfAListThatIsWrong) {
  EXPECT_EQ(resolve_error("model:\n  channels:\n    - 3\n    - 4.5\n"),
            "c.yaml:4: model.channels[1]: expected integer in [1, 4096], found '4.5'");
  EXPECT_EQ(resolve_error("model: {channels: [3, [4]]}"),
            "c.yaml:1: model.channels[1]: expected integer in [1, 4096], found a list");
  EXPECT_EQ(resolve_error("model: {channels: [3, ~]}"),
            "c.yaml:1: model.channels[1]: expected integer in [1, 4096], found nothing");
  EXPECT_EQ(resolve_error("model: {channels: 3}"),
            "c.yaml:1: model.channels: expected list of integers in [1, 4096], found '3'");
  EXPECT_EQ(resolve_error("model: {channels: []}"), "no error");
}

TEST(ConfigRead, SuggestsTheNearestSiblingForAnUnknownKey) {
  EXPECT_EQ(resolve_error("train:\n  steps: 3\n  bach_size: 64\n"),
            "c.yaml:3: train.bach_size: unknown key; did you mean 'batch_size'?");
  EXPECT_EQ(resolve_error("trian: {}"), "c.yaml:1: trian: unknown key; did you mean 'train'?");
  EXPECT_EQ(resolve_error("train: {optimizer: {momentum: 1}}"),
            "c.yaml:1: train.optimizer.momentum: unknown key; known keys: lr");
}

TEST(ConfigRead, KnowsInAVariantTheChosenRowsKeysOnly) {
  EXPECT_EQ(resolve_error("model: {bias: {name: gaussian, component: 3}}"),
            "c.yaml:1: model.bias.component: unknown key; known keys: name, learnable");
  EXPECT_EQ(resolve_error("model: {bias: {name: mixture, component: 3}}"),
            "c.yaml:1: model.bias.component: unknown key; did you mean 'components'?");
  EXPECT_EQ(resolve_error("model: {bias: {nmae: mixture}}"),
            "c.yaml:1: model.bias.nmae: unknown key; did you mean 'name'?");
}

TEST(ConfigRead, AnUnknownVariantIsReportedWithItsPlace) {
  EXPECT_EQ(resolve_error("model:\n  bias:\n    name: mixtrue\n"),
            "c.yaml:3: model.bias.name: unknown bias 'mixtrue'; did you mean 'mixture'? Known: gaussian mixture");
  EXPECT_EQ(resolve_error("model: {bias: laplace}"),
            "c.yaml:1: model.bias: unknown bias 'laplace'. Known: gaussian mixture");
  EXPECT_EQ(resolve_error("model: {name: [cebm]}"), "c.yaml:1: model.name: expected a name, found a list");
  EXPECT_EQ(resolve_error("model: [cebm]"),
            "c.yaml:1: model: expected a name, or a map with the key 'name', found a list");
}

TEST(ConfigRead, AVariantGivenAsAWordIsItsName) {
  EXPECT_EQ(resolve("model: {bias: mixture}"), resolve("model: {bias: {name: mixture}}"));
  EXPECT_NE(resolve("model: {bias: mixture}"), resolve(""));
}

TEST(ConfigRead, RefusesASectionThatIsNoMap) {
  EXPECT_EQ(resolve_error("train: 5"), "c.yaml:1: train: expected a section of keys, found '5'");
  EXPECT_EQ(resolve_error("train: [steps]"), "c.yaml:1: train: expected a section of keys, found a list");
}

TEST(ConfigRead, RefusesAWordThatIsNotAllowed) {
  EXPECT_EQ(resolve_error("model: {bias: {name: mixture, statistics: share}}"),
            "c.yaml:1: model.bias.statistics: expected one of shared, per_component, found 'share'; did you mean "
            "'shared'?");
  EXPECT_EQ(resolve_error("model: {bias: {name: mixture, statistics: [shared]}}"),
            "c.yaml:1: model.bias.statistics: expected one of shared, per_component, found a list");
}

TEST(ConfigRead, RefusesTextThatIsNoScalar) {
  EXPECT_EQ(resolve_error("root: [a]"), "c.yaml:1: root: expected text, found a list");
  EXPECT_EQ(resolve_error("root:"), "c.yaml:1: root: expected text, found nothing");
  EXPECT_EQ(resolve_error("root: ''"), "no error");
}

TEST(ConfigRead, ReportsTheFirstErrorInTheOrderOfTheDescription) {
  EXPECT_EQ(resolve_error("train: {unknown: 1, fast: 3, steps: x}\nroot: a\n"),
            "c.yaml:1: train.steps: expected integer in [1, 1000000], found 'x'");
  EXPECT_THAT(resolve_error("zzz: 1\nyyy: 2\n"), StartsWith("c.yaml:1: zzz: "));
}

TEST(ConfigRead, LeavesOutRangesWithoutEnds) {
  EXPECT_EQ(resolve_error("train: {offset: x}"), "c.yaml:1: train.offset: expected integer, found 'x'");
  EXPECT_EQ(resolve_error("train: {scale: x}"), "c.yaml:1: train.scale: expected number, found 'x'");
  struct HalfOpen final : Options {
    std::int64_t low = 0;
    double high = 0;
    void fields(Fields& visit) override {
      visit.integer("low", low, {.low = 3}, "");
      visit.real("high", high, {.high = 0.5}, "");
    }
  } options;
  EXPECT_EQ(toy::error_of([&] { read_options(parse_config("low: 2"), options); }),
            "config:1: low: expected integer >= 3, found '2'");
  EXPECT_EQ(toy::error_of([&] { read_options(parse_config("high: 2"), options); }),
            "config:1: high: expected number <= 0.5, found '2'");
}

TEST(ConfigRead, CutsLongValuesAndKeysInMessages) {
  const std::string shown = resolve_error("train: {steps: " + std::string(100000, 'x') + "}");
  EXPECT_EQ(shown, "c.yaml:1: train.steps: expected integer in [1, 1000000], found '" + std::string(60, 'x') + "...'");
  EXPECT_LT(resolve_error("? " + std::string(100000, 'k') + "\n: 1\n").size(), 200u);
  // A character is never cut in two, and a message stays on its line.
  EXPECT_EQ(resolve_error("train: {steps: \"" + std::string(59, 'x') + "\u20ac\"}").substr(57),
            "found '" + std::string(59, 'x') + "...'");
  EXPECT_EQ(resolve_error("train: {steps: \"a\\nb\"}").substr(57), "found 'a?b'");
}

TEST(ConfigRead, RefusesTwoSettingsOfOneName) {
  struct Twice final : Options {
    bool value = false;
    void fields(Fields& visit) override {
      visit.boolean("same", value, "");
      visit.boolean("same", value, "");
    }
  } options;
  EXPECT_THROW(read_options(parse_config(""), options), std::logic_error);
}

}  // namespace
}  // namespace cebm
