#include <gmock/gmock.h>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string parse_error(const std::string& yaml) {
  return toy::error_of([&] { parse_config(yaml, "c.yaml"); });
}

TEST(ConfigParse, KeepsOrderKindsAndTheLineOfEachKey) {
  const ConfigNode root =
      parse_config("# a comment\nb: 1\na:\n  deep:\n    [1,\n     two]\n\"q r\": 'x: y'\n", "c.yaml");
  ASSERT_EQ(root.children.size(), 3u);
  EXPECT_EQ(root.children[0].first, "b");
  EXPECT_EQ(root.children[0].second.where.describe(), "c.yaml:2");
  EXPECT_EQ(root.children[1].first, "a");
  EXPECT_EQ(root.children[1].second.where.line, 3);
  const ConfigNode* deep = root.find("a")->find("deep");
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->kind, ConfigNode::Kind::list);
  EXPECT_EQ(deep->where.line, 4);
  ASSERT_EQ(deep->items.size(), 2u);
  EXPECT_EQ(deep->items[1].scalar, "two");
  EXPECT_EQ(deep->items[1].where.line, 6);
  EXPECT_EQ(root.find("q r")->scalar, "x: y");
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(ConfigParse, TakesNothingForAnEmptyMap) {
  for (const char* yaml : {"", "# only a comment\n", "---\n", "{}", "~"}) {
    const ConfigNode root = parse_config(yaml);
    EXPECT_EQ(root.kind, ConfigNode::Kind::map) << yaml;
    EXPECT_TRUE(root.children.empty()) << yaml;
  }
  EXPECT_EQ(parse_config("a:\nb: null").find("b")->kind, ConfigNode::Kind::map);
  EXPECT_EQ(parse_config("a: ''").find("a")->kind, ConfigNode::Kind::scalar);
}

TEST(ConfigParse, RefusesDuplicateKeysWithBothLines) {
  EXPECT_EQ(parse_error("train:\n  steps: 1\n  lr: 2\n  steps: 3\n"),
            "c.yaml:4: steps: expected each key once, found it again (first at c.yaml:2)");
  EXPECT_EQ(parse_error("a: {steps: 1}\nb: {steps: 2}\n"), "no error");
}

TEST(ConfigParse, ReportsSyntaxErrorsWithTheirLine) {
  EXPECT_THAT(parse_error("a: 1\nb: [1, 2\nc: 3\n"), StartsWith("c.yaml:3: expected YAML, found a syntax error: "));
  EXPECT_THAT(parse_error("a: 1\nb:\n\tc: 3\n"), StartsWith("c.yaml:3: expected YAML, found a syntax error: "));
  EXPECT_THAT(parse_error("a: 1\nb: {c: 1,"), StartsWith("c.yaml:2: "));
  EXPECT_THAT(parse_error("a: 1\nb: \"open\nc: 3\n\n"), StartsWith("c.yaml:3: expected YAML, found a syntax error: "));
  EXPECT_THAT(parse_error("a: 1\n b: 2\n"), StartsWith("c.yaml:2: "));
}

TEST(ConfigParse, RefusesWhatConfigurationsDoNotNeed) {
  EXPECT_EQ(parse_error("a: 1\n---\nb: 2\n"), "c.yaml:2: expected one YAML document, found a second one");
  EXPECT_THAT(parse_error("a: &x 1\nb: *x\n"), StartsWith("c.yaml:2: expected a value, found a YAML alias"));
  EXPECT_EQ(parse_error("a: !!int 1\n"), "c.yaml:1: expected a value, found the YAML tag tag:yaml.org,2002:int");
  EXPECT_THAT(parse_error("a: 1\n? [x, y]\n: 2\n"), StartsWith("c.yaml:2: expected a key, found a list"));
  EXPECT_THAT(parse_error(": 2\n"), StartsWith("c.yaml:1: expected a key, found"));
  EXPECT_EQ(parse_error("just words\n"), "c.yaml:1: expected a map of keys, found 'just words'");
  EXPECT_EQ(parse_error("\n- 1\n- 2\n"), "c.yaml:2: expected a map of keys, found a list");
  EXPECT_THAT(parse_error("a: 1\nextends: b.yaml\n"),
              StartsWith("c.yaml:2: extends: expected a configuration of its own"));
}

TEST(ConfigParse, RefusesBytesThatAreNotText) {
  const std::string nul("a: 1\nb: \0\n", 10);
  EXPECT_EQ(parse_error(nul), "c.yaml:2: expected UTF-8 text, found the byte 0x0");
  // yaml-cpp takes 0x04 for the end of the file: what follows would be lost without a word.
  EXPECT_EQ(parse_error("a: 1\n\x04\nb: 2\n"), "c.yaml:2: expected UTF-8 text, found the byte 0x4");
  for (const char* bad : {"a: \xff", "a: \xc0\xaf", "a: \xe0\x80\x80", "a: \xed\xa0\x80", "a: \xf4\x90\x80\x80",
                          "a: \xc3", "a: \x80", "a: \xf0\x80\x80\x80", "a: \xe2\x82", "a: \xf5\x80\x80\x80"}) {
    EXPECT_THAT(parse_error(bad), StartsWith("c.yaml:1: expected UTF-8 text, found the byte 0x")) << bad;
  }
  EXPECT_EQ(parse_config("a: \u00e9\u20ac\U0001F600\n").find("a")->scalar, "\u00e9\u20ac\U0001F600");
}

TEST(ConfigParse, AllowsThirtyTwoLevelsAndNoMore) {
  const auto nested = [](int levels) { return std::string(levels - 1, '[') + std::string(levels - 1, ']'); };
  EXPECT_EQ(parse_error("a: " + nested(32)), "no error");
  EXPECT_EQ(parse_error("a: " + nested(33)), "c.yaml:1: expected at most 32 nested levels, found more");
}

TEST(ConfigParse, AllowsTenThousandValuesAndNoMore) {
  const auto list_of = [](int count) {
    std::string yaml = "a: [";
    for (int k = 0; k < count; ++k) yaml += "1,";
    return yaml + "]";
  };
  // The root, its key, the list and the items count.
  EXPECT_EQ(parse_error(list_of(9997)), "no error");
  EXPECT_EQ(parse_error(list_of(9998)), "c.yaml:1: expected at most 10000 values, found more");
}

TEST(ConfigParse, AllowsOneMebibyteAndNoMore) {
  const std::string mebibyte = "#" + std::string((1 << 20) - 1, ' ');
  EXPECT_EQ(parse_error(mebibyte), "no error");
  EXPECT_EQ(parse_error(mebibyte + " "),
            "c.yaml: expected a configuration of at most 1048576 bytes, found a larger one");
}

TEST(NearestName, CountsEditsAndTranspositions) {
  const std::vector<std::string> known{"steps", "batch_size", "lr", "momentum"};
  EXPECT_EQ(nearest_name("step", known), "steps");
  EXPECT_EQ(nearest_name("setps", known), "steps");
  EXPECT_EQ(nearest_name("batchsize", known), "batch_size");
  EXPECT_EQ(nearest_name("Batch-Size", known), "batch_size");
  EXPECT_EQ(nearest_name("rl", known), "lr");
  EXPECT_EQ(nearest_name("mometnum", known), "momentum");
}

TEST(NearestName, SuggestsNothingThatCannotBeMeant) {
  EXPECT_EQ(nearest_name("sampler", {"steps", "batch_size", "lr"}), "");
  EXPECT_EQ(nearest_name("a", {"b"}), "");
  EXPECT_EQ(nearest_name("", {"lr", "a"}), "");
  EXPECT_EQ(nearest_name("steps", {}), "");
  EXPECT_EQ(nearest_name(std::string(1 << 20, 's'), {"steps"}), "");
}

TEST(NearestName, PrefersTheNearestThenTheFirst) {
  EXPECT_EQ(nearest_name("stepx", {"stops", "steps"}), "steps");
  EXPECT_EQ(nearest_name("cat", {"bat", "hat"}), "bat");
  // One transposition is nearer than two substitutions.
  EXPECT_EQ(nearest_name("abdc", {"abxy", "abcd"}), "abcd");
}

}  // namespace
}  // namespace cebm
