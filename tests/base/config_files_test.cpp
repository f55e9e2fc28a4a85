#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class ConfigFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cebm_config_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string load_error(const std::string& name, const std::vector<std::string>& overrides = {}) const {
    return toy::error_of([&] { load_config(folder_ / name, overrides); });
  }
  std::string resolve(const std::string& name, const std::vector<std::string>& overrides = {}) const {
    toy::RootOptions options(catalog_);
    read_options(load_config(folder_ / name, overrides), options);
    return dump_options(options);
  }
  std::string resolve_error(const std::string& name, const std::vector<std::string>& overrides = {}) const {
    return toy::error_of([&] { resolve(name, overrides); });
  }

  fs::path folder_;
  toy::ToyCatalog catalog_ = toy::make_catalog();
};

TEST_F(ConfigFiles, ExtendsMergesMapsAndReplacesScalarsAndLists) {
  write("base/base.yaml", "root: there\ntrain: {steps: 5, batch_size: 7}\nmodel: {name: cebm, channels: [1, 2, 3]}\n");
  write("a.yaml", "extends: base/base.yaml\ntrain: {steps: 6}\nmodel: {channels: [9]}\n");
  EXPECT_EQ(resolve("a.yaml"), toy::resolve("root: there\ntrain: {steps: 6, batch_size: 7}\nmodel: {channels: [9]}\n"));
}

TEST_F(ConfigFiles, ExtendsIsRelativeToTheFileThatSaysIt) {
  write("root.yaml", "root: top\n");
  write("x/y/middle.yaml", "extends: ../../root.yaml\ntrain: {steps: 2}\n");
  write("x/leaf.yaml", "extends: y/middle.yaml\ntrain: {steps: 3}\n");
  EXPECT_EQ(resolve("x/leaf.yaml"), toy::resolve("root: top\ntrain: {steps: 3}\n"));
}

TEST_F(ConfigFiles, ErrorsNameTheFileAndLineThatWroteTheValue) {
  write("base.yaml", "train:\n  steps: 1\n  batch_size: none\n");
  write("a.yaml", "extends: base.yaml\ntrain: {steps: 2}\n");
  EXPECT_EQ(resolve_error("a.yaml"),
            path("base.yaml") + ":3: train.batch_size: expected integer in [1, 100000], found 'none'");
}

TEST_F(ConfigFiles, ANewNameDropsTheKeysOfTheBasesVariant) {
  write("base.yaml", "model: {name: cebm, channels: [3], bias: {name: mixture, components: 3}}\n");
  write("bias.yaml", "extends: base.yaml\nmodel: {bias: {name: gaussian, learnable: true}}\n");
  EXPECT_EQ(resolve("bias.yaml"), toy::resolve("model: {channels: [3], bias: {name: gaussian, learnable: true}}\n"));
  write("model.yaml", "extends: base.yaml\nmodel: {name: plain}\n");
  EXPECT_EQ(resolve("model.yaml"), toy::resolve("model: plain\n"));
  write("short.yaml", "extends: base.yaml\nmodel: {bias: gaussian}\n");
  EXPECT_EQ(resolve("short.yaml"), toy::resolve("model: {channels: [3], bias: gaussian}\n"));
}

TEST_F(ConfigFiles, TheSameNameKeepsTheKeysOfTheBasesVariant) {
  write("base.yaml", "model: {bias: {name: mixture, components: 3}}\n");
  for (const char* bias : {"{name: mixture, statistics: per_component}", "{statistics: per_component}"}) {
    write("a.yaml", std::string("extends: base.yaml\nmodel: {bias: ") + bias + "}\n");
    EXPECT_EQ(resolve("a.yaml"),
              toy::resolve("model: {bias: {name: mixture, components: 3, statistics: per_component}}\n"));
  }
  write("a.yaml", "extends: base.yaml\nmodel: {bias: mixture}\n");
  EXPECT_EQ(resolve("a.yaml"), toy::resolve("model: {bias: {name: mixture, components: 3}}\n"));
}

TEST_F(ConfigFiles, AVariantGivenAsAWordCanBeExtendedByItsKeys) {
  write("base.yaml", "model: {bias: mixture}\n");
  write("a.yaml", "extends: base.yaml\nmodel: {bias: {components: 4}}\n");
  EXPECT_EQ(resolve("a.yaml"), toy::resolve("model: {bias: {name: mixture, components: 4}}\n"));
}

TEST_F(ConfigFiles, AVariantWithoutANameIsNeverDropped) {
  write("base.yaml", "model: {channels: [3]}\n");
  write("a.yaml", "extends: base.yaml\nmodel: cebm\n");
  EXPECT_EQ(resolve("a.yaml"), toy::resolve("model: {channels: [3]}\n"));
  write("b.yaml", "extends: base.yaml\nmodel: plain\n");
  EXPECT_EQ(resolve_error("b.yaml"), path("base.yaml") + ":1: model.channels: unknown key; known keys: name");
}

TEST_F(ConfigFiles, AnEmptySectionKeepsTheBases) {
  write("base.yaml", "train: {steps: 5}\n");
  write("a.yaml", "extends: base.yaml\ntrain:\n");
  EXPECT_EQ(resolve("a.yaml"), toy::resolve("train: {steps: 5}\n"));
}

TEST_F(ConfigFiles, RefusesLoopsNamingTheChain) {
  write("a.yaml", "extends: b.yaml\n");
  write("b.yaml", "# b\nextends: sub/../a.yaml\n");
  EXPECT_EQ(load_error("a.yaml"), path("b.yaml") + ":2: extends: expected a chain that ends, found a loop: " +
                                      path("a.yaml") + " -> " + path("b.yaml") + " -> " + path("a.yaml"));
  write("self.yaml", "extends: self.yaml\n");
  EXPECT_THAT(load_error("self.yaml"),
              AllOf(StartsWith(path("self.yaml") + ":1: extends: "), HasSubstr("found a loop")));
}

TEST_F(ConfigFiles, SeesALoopThroughALink) {
  write("a.yaml", "extends: link.yaml\n");
  fs::create_symlink(folder_ / "a.yaml", folder_ / "link.yaml");
  EXPECT_THAT(load_error("a.yaml"), HasSubstr("found a loop"));
}

TEST_F(ConfigFiles, AllowsAChainOfThirtyTwoFilesAndNoMore) {
  for (int k = 1; k < 33; ++k) {
    write(std::to_string(k) + ".yaml", "extends: " + std::to_string(k + 1) + ".yaml\n");
  }
  write("33.yaml", "root: deep\n");
  EXPECT_EQ(resolve("2.yaml"), toy::resolve("root: deep\n"));
  EXPECT_THAT(load_error("1.yaml"), AllOf(HasSubstr("32.yaml:1: extends: expected at most 32 files in a chain"),
                                          HasSubstr("/1.yaml -> "), EndsWith("/33.yaml")));
}

TEST_F(ConfigFiles, RefusesWhatCannotBeRead) {
  EXPECT_EQ(load_error("none.yaml"), path("none.yaml") + ": expected a configuration file, found no such file");
  fs::create_directory(folder_ / "d.yaml");
  EXPECT_EQ(load_error("d.yaml"), path("d.yaml") + ": expected a configuration file, found a directory");
  write("a.yaml", "root: x\nextends: none.yaml\n");
  EXPECT_EQ(load_error("a.yaml"), path("a.yaml") + ":2: extends: " + path("none.yaml") +
                                      ": expected a configuration file, found no such file");
  for (const char* extends : {"", "[b.yaml, c.yaml]", "{file: b.yaml}", "''"}) {
    write("a.yaml", std::string("extends: ") + extends + "\n");
    EXPECT_THAT(load_error("a.yaml"), StartsWith(path("a.yaml") + ":1: extends: expected the path of one file"))
        << extends;
  }
  write("a.yaml", "extends: d.yaml\n");
  EXPECT_THAT(load_error("a.yaml"), EndsWith("expected a configuration file, found a directory"));
}

TEST_F(ConfigFiles, RefusesAFileWithoutReadPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may read everything";
  write("a.yaml", "root: x\n");
  fs::permissions(folder_ / "a.yaml", fs::perms::none);
  EXPECT_EQ(load_error("a.yaml"), path("a.yaml") + ": expected a configuration file, found Permission denied");
}

TEST_F(ConfigFiles, RefusesFilesOverOneMebibyte) {
  write("big.yaml", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(load_error("big.yaml"),
            path("big.yaml") + ": expected a configuration file, found more than 1048576 bytes");
  EXPECT_EQ(toy::error_of([] { load_config("/dev/zero"); }),
            "/dev/zero: expected a configuration file, found more than 1048576 bytes");
}

TEST_F(ConfigFiles, OverridesApplyInOrderAndTheLastWins) {
  write("a.yaml", "train: {steps: 1, batch_size: 2}\n");
  EXPECT_EQ(resolve("a.yaml", {"train.steps=3", "train.steps=4", "train.optimizer.lr=1e-3", "model.channels=[7, 8]",
                               "root=\"x=y\""}),
            toy::resolve("train: {steps: 4, batch_size: 2, optimizer: {lr: 0.001}}\nmodel: {channels: [7, 8]}\n"
                         "root: x=y\n"));
}

TEST_F(ConfigFiles, OverridesChooseVariants) {
  write("a.yaml", "model: {bias: {name: gaussian, learnable: true}}\n");
  const std::string expected = toy::resolve("model: {bias: {name: mixture, components: 9}}\n");
  EXPECT_EQ(resolve("a.yaml", {"model.bias.name=mixture", "model.bias.components=9"}), expected);
  EXPECT_EQ(resolve("a.yaml", {"model.bias=mixture", "model.bias.components=9"}), expected);
  EXPECT_EQ(resolve("a.yaml", {"model.bias={name: mixture, components: 9}"}), expected);
  write("named.yaml", "model: {name: cebm, channels: [1]}\n");
  EXPECT_EQ(resolve("named.yaml", {"model=plain"}), toy::resolve("model: plain\n"));
  write("empty.yaml", "{}");
  EXPECT_EQ(resolve("empty.yaml", {"model.bias=mixture", "model.bias.components=9"}), expected);
}

TEST_F(ConfigFiles, OverridesOfAVariantHoldInAnyOrder) {
  write("a.yaml", "model: {bias: {name: gaussian, learnable: true}}\n");
  const std::string expected = toy::resolve("model: {bias: {name: mixture, components: 9}}\n");
  EXPECT_EQ(resolve("a.yaml", {"model.bias.components=9", "model.bias.name=mixture"}), expected);
  EXPECT_EQ(resolve("a.yaml", {"model.bias.components=9", "model.bias=mixture"}), expected);
  EXPECT_EQ(resolve("a.yaml", {"model.bias={components: 9}", "model={bias: mixture}"}), expected);
  EXPECT_EQ(resolve("a.yaml",
                    {"model.bias={name: gaussian, learnable: true}", "model.bias=mixture", "model.bias.components=9"}),
            expected)
      << "the keys of a name that is taken back go with it";
  write("b.yaml", "model: {bias: {name: mixture, components: 9}}\n");
  EXPECT_EQ(resolve("b.yaml", {"model.bias=gaussian", "model.bias=mixture"}), expected) << "as the file has it";
}

TEST_F(ConfigFiles, OverridesApplyToAParsedConfigurationAlike) {
  write("a.yaml", "train: {steps: 1}\n");
  ConfigNode parsed = parse_config("train: {steps: 1}\n");
  apply_overrides(parsed, {"train.steps=2", "model.bias=mixture"});
  toy::RootOptions options(catalog_);
  read_options(parsed, options);
  EXPECT_EQ(dump_options(options), resolve("a.yaml", {"train.steps=2", "model.bias=mixture"}));
}

TEST_F(ConfigFiles, ErrorsOfOverridesQuoteThem) {
  write("a.yaml", "train: {steps: 1}\n");
  EXPECT_EQ(resolve_error("a.yaml", {"train.steps=x"}),
            "--set train.steps=x: train.steps: expected integer in [1, 1000000], found 'x'");
  EXPECT_EQ(resolve_error("a.yaml", {"train.stepz=1"}),
            "--set train.stepz=1: train.stepz: unknown key; did you mean 'steps'?");
  EXPECT_EQ(resolve_error("a.yaml", {"train=5"}),
            "--set train=5: train: expected a section with the keys steps, batch_size, offset, scale, optimizer, fast "
            "and no name, found '5'");
  EXPECT_EQ(resolve_error("a.yaml", {"model.bias=gauss"}).substr(0, 62),
            "--set model.bias=gauss: model.bias: unknown bias 'gauss'; did ");
  EXPECT_EQ(resolve_error("a.yaml", {"extends=b.yaml"}).substr(0, 51),
            "--set extends=b.yaml: extends: unknown key; known k");
}

TEST_F(ConfigFiles, RefusesAnOverrideThatYamlWouldCutAtAComment) {
  write("a.yaml", "{}");
  for (const char* cut :
       {"a=pics #2", "a=#2", "a=it's #2", "a=[1, 2] # two", "a=pics\t#2", R"(a="b" # "c)", R"(a="b\\" # "c)"}) {
    EXPECT_THAT(load_error("a.yaml", {cut}), HasSubstr("which begins a comment; write the value in quotes")) << cut;
  }
  for (const char* whole :
       {"a='pics #2'", "a=\"pics #2\"", "a=pics#2", "a=['x #1', \"y #2\"]", "a={b: 'c #3'}", R"(a="the \"old\" #4")"}) {
    EXPECT_EQ(load_error("a.yaml", {whole}), "no error") << whole;
  }
}

TEST_F(ConfigFiles, RefusesAFileWithoutSettings) {
  write("a.yaml", "");
  EXPECT_THAT(load_error("a.yaml"),
              EndsWith("a.yaml: expected settings, found an empty file; {} stands for the defaults"));
  write("a.yaml", "# nothing yet\r\n\n  # train: 5\n");
  EXPECT_THAT(load_error("a.yaml"), HasSubstr("found only comments"));
  write("b.yaml", "extends: a.yaml\n");
  EXPECT_THAT(load_error("b.yaml"), AllOf(HasSubstr("b.yaml:1: extends: "), HasSubstr("a.yaml: expected settings")));
  write("a.yaml", "{}");
  EXPECT_EQ(load_error("a.yaml"), "no error");
}

TEST_F(ConfigFiles, RefusesMalformedOverrides) {
  write("a.yaml", "{}");
  EXPECT_EQ(load_error("a.yaml", {"train.steps"}), "--set train.steps: expected key=value, found no '='");
  EXPECT_EQ(load_error("a.yaml", {""}), "--set : expected key=value, found no '='");
  for (const char* bad : {"=1", ".a=1", "a.=1", "a..b=1", ".=1"}) {
    EXPECT_THAT(load_error("a.yaml", {bad}), HasSubstr("found an empty key")) << bad;
  }
  EXPECT_THAT(load_error("a.yaml", {"a=[1, 2"}), StartsWith("--set a=[1, 2: expected YAML, found a syntax error: "));
  EXPECT_EQ(resolve_error("a.yaml", {"train.steps="}),
            "--set train.steps=: train.steps: expected integer in [1, 1000000], found nothing");
  std::string deep = "a";
  for (int k = 0; k < 31; ++k) deep += ".a";
  EXPECT_EQ(load_error("a.yaml", {deep + "=1"}), "no error");
  EXPECT_THAT(load_error("a.yaml", {deep + "=[1]"}), EndsWith("expected at most 32 nested levels, found more"));
  EXPECT_THAT(load_error("a.yaml", {deep + ".a=1"}), EndsWith("expected at most 32 nested levels, found more"));
}

}  // namespace
}  // namespace cebm
