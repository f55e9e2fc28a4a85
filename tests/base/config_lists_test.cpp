#include <gmock/gmock.h>

#include "base/config_toy.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Settings that are lists of text.
struct ListOptions final : Options {
  std::vector<std::string> sets;
  std::vector<std::string> spaces{"pixels", "latent"};
  bool more = false;
  std::vector<std::string> runs{"a"};
  void fields(Fields& visit) override {
    const std::vector<std::string> known{"pixels", "latent", "energy"};
    visit.texts("sets", sets, "names");
    visit.words("spaces", spaces, known, "known names");
    visit.boolean("more", more, "");
    visit.when({more, "more: true"}, [&] { visit.harmless([&] { visit.texts("runs", runs, "folders"); }); });
  }
};

ListOptions read(const std::string& yaml) {
  ListOptions options;
  read_options(parse_config(yaml, "c.yaml"), options);
  return options;
}

std::string error_in(const std::string& yaml) {
  return toy::error_of([&] { read(yaml); });
}

TEST(ConfigLists, AreYamlLists) {
  EXPECT_THAT(read("sets: [mnist, \"a, b\", 3]").sets, ElementsAre("mnist", "a, b", "3"));
  EXPECT_THAT(read("spaces:\n  - energy\n  - pixels\n").spaces, ElementsAre("energy", "pixels"));
  EXPECT_THAT(read("spaces: []").spaces, IsEmpty());
  EXPECT_THAT(read("").spaces, ElementsAre("pixels", "latent"));
}

TEST(ConfigLists, MayBeOneTextWithItsItemsSeparatedByCommas) {
  EXPECT_THAT(read("sets: mnist").sets, ElementsAre("mnist"));
  EXPECT_THAT(read("sets: ' mnist , my set,c'").sets, ElementsAre("mnist", "my set", "c"));
  EXPECT_THAT(read("spaces: ''").spaces, IsEmpty());
  ConfigNode node = parse_config("{}");
  apply_overrides(node, {"sets=mnist,constant", "spaces=[energy]"});
  ListOptions options;
  read_options(node, options);
  EXPECT_THAT(options.sets, ElementsAre("mnist", "constant"));
  EXPECT_THAT(options.spaces, ElementsAre("energy"));
}

TEST(ConfigLists, OfIntegersMayBeOneTextWithCommasToo) {
  ConfigNode node = parse_config("{}");
  apply_overrides(node, {"model.channels=1, 5,25"});
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  read_options(node, options);
  EXPECT_THAT(dynamic_cast<toy::CebmOptions&>(options.model.options()).channels, ElementsAre(1, 5, 25));
  EXPECT_EQ(toy::resolve("model: {channels: '1,5'}"), toy::resolve("model: {channels: [1, 5]}"));
  EXPECT_EQ(toy::resolve_error("model: {channels: '1,x'}"),
            "c.yaml:1: model.channels[1]: expected integer in [1, 4096], found 'x'");
  EXPECT_EQ(toy::resolve_error("model: {channels: '1,,5'}"),
            "c.yaml:1: model.channels[1]: expected integer in [1, 4096], found ''");
  EXPECT_EQ(toy::resolve_error("model: {channels: '5,4097'}"),
            "c.yaml:1: model.channels[1]: expected integer in [1, 4096], found '4097'");
}

TEST(ConfigLists, WhatIsWrongInAnOverrideIsSaidOfTheFlagThatGaveIt) {
  ConfigNode node = parse_config("{}");
  for (const std::string flag : {"--set", "--data-option"}) {
    EXPECT_EQ(message_of<ConfigError>([&] { apply_overrides(node, {"sets"}, flag); }),
              flag + " sets: expected key=value, found no '='");
  }
}

TEST(ConfigLists, AnItemThatIsWrongIsNamed) {
  EXPECT_EQ(error_in("spaces:\n  - pixels\n  - latnt\n"),
            "c.yaml:3: spaces[1]: expected one of pixels, latent, energy, found 'latnt'; did you mean 'latent'?");
  EXPECT_EQ(error_in("spaces: 'pixels, latnt'"),
            "c.yaml:1: spaces[1]: expected one of pixels, latent, energy, found 'latnt'; did you mean 'latent'?");
  EXPECT_EQ(error_in("sets: [a, [b]]"), "c.yaml:1: sets[1]: expected text that is not empty, found a list");
  EXPECT_EQ(error_in("sets: [~]"), "c.yaml:1: sets[0]: expected text that is not empty, found nothing");
  EXPECT_EQ(error_in("sets: 'a, ,b'"), "c.yaml:1: sets[1]: expected text that is not empty, found ''");
  EXPECT_EQ(error_in("sets: [a, b, a]"), "c.yaml:1: sets[2]: expected every item once, found 'a' twice");
  EXPECT_EQ(error_in("spaces: 'latent,latent'"), "c.yaml:1: spaces[1]: expected every item once, found 'latent' twice");
}

TEST(ConfigLists, WhatIsNeitherAListNorATextIsRefused) {
  EXPECT_EQ(error_in("sets: {a: 1}"), "c.yaml:1: sets: expected list of texts, found a map");
  EXPECT_EQ(error_in("sets:"), "c.yaml:1: sets: expected list of texts, found nothing");
  EXPECT_EQ(error_in("spaces: {a: 1}"), "c.yaml:1: spaces: expected list out of pixels, latent, energy, found a map");
}

TEST(ConfigLists, AreDumpedAsListsThatReadBackTheSame) {
  EXPECT_EQ(dump_options(ListOptions()), "sets: []\nspaces: [\"pixels\", \"latent\"]\nmore: false\n");
  ListOptions written;
  written.sets = {"a, b", " c ", "\"", "\\", "#x", "- y", "[z", "~", "true", "1", "line\nend", "caf\u00e9", "'", ":"};
  written.more = true;
  written.runs = {};
  const ListOptions back = read(dump_options(written));
  EXPECT_EQ(back.sets, written.sets) << dump_options(written);
  EXPECT_THAT(back.runs, IsEmpty());
}

TEST(ConfigLists, AreKnownToTheReferenceToUnusedAndToHarmlessSettings) {
  std::vector<std::string> rows;
  for (const FieldDoc& doc : document_options(ListOptions()))
    rows.push_back(doc.key + "|" + doc.type + "|" + doc.value);
  EXPECT_THAT(rows,
              ElementsAre("sets|list of texts|[]", "spaces|list out of pixels, latent, energy|[\"pixels\", \"latent\"]",
                          "more|true or false|false", "runs|list of texts|[\"a\"]"));
  const ConfigNode node = parse_config("runs: [b]", "c.yaml");
  ListOptions options;
  read_options(node, options);
  const auto unused = unused_settings(node, options);
  ASSERT_EQ(unused.size(), 1U);
  EXPECT_EQ(unused.front().describe(), "c.yaml:1: runs: has no effect: it is read only with more: true");
  EXPECT_THAT(harmless_keys(options), ElementsAre("runs"));
}

}  // namespace
}  // namespace cebm
