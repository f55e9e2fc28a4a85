#include <gmock/gmock.h>

#include <sstream>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<FieldDoc> toy_docs() {
  const toy::ToyCatalog catalog = toy::make_catalog();
  return document_options(toy::RootOptions(catalog));
}

std::string row(const FieldDoc& doc) { return doc.key + " | " + doc.type + " | " + doc.value + " | " + doc.help; }

TEST(ConfigDocs, ListEveryKeyOfEveryAlternative) {
  std::vector<std::string> rows;
  for (const FieldDoc& doc : toy_docs()) rows.push_back(row(doc));
  EXPECT_THAT(
      rows, testing::ElementsAre(
                "root | text | \"data\" | folder of the data", "model | one of cebm, plain | cebm | what is trained",
                "model[name=cebm] | section |  | conjugate",
                "model[name=cebm].bias | one of gaussian, mixture | gaussian | distribution of the latent",
                "model[name=cebm].bias[name=gaussian] | section |  | one Gaussian",
                "model[name=cebm].bias[name=gaussian].learnable | true or false | false | train lambda",
                "model[name=cebm].bias[name=mixture] | section |  | several Gaussians",
                "model[name=cebm].bias[name=mixture].components | integer in [1, 1000] | 50 | number of components",
                "model[name=cebm].bias[name=mixture].statistics | one of shared, per_component | shared | how many "
                "statistics",
                "model[name=cebm].channels | list of integers in [1, 4096] | [64, 32] | output channels",
                "model[name=plain] | section |  | nothing to tell", "train | section |  | training loop",
                "train.steps | integer in [1, 1000000] | 90000 | gradient steps",
                "train.batch_size | integer in [1, 100000] | 128 | images per step",
                "train.offset | integer | 0 | any integer", "train.scale | number | 1 | any number",
                "train.optimizer | section |  | Adam", "train.optimizer.lr | number in [0, 1] | 0.0001 | learning rate",
                "train.fast | true or false | true | a key after a section"));
}

TEST(ConfigDocs, TextGroupsKeysBelowTheirSection) {
  const std::string text = reference_text(toy_docs());
  EXPECT_THAT(text, testing::StartsWith("top-level keys\n  root = \"data\" (text)\n      folder of the data\n"));
  EXPECT_THAT(text, HasSubstr("\n\nmodel[name=cebm].bias[name=mixture]: several Gaussians\n"
                              "  components = 50 (integer in [1, 1000])\n      number of components\n"));
  EXPECT_THAT(text, HasSubstr("\n\nmodel[name=plain]: nothing to tell\n  (no keys of its own)\n"));
  // A key after a subsection still stands with its own section.
  EXPECT_LT(text.find("  fast = true"), text.find("train.optimizer: Adam"));
  EXPECT_GT(text.find("  fast = true"), text.find("train: training loop"));
}

TEST(ConfigDocs, TextStaysWithinAHundredColumns) {
  std::string help;
  for (int k = 0; k < 60; ++k) help += "word" + std::to_string(k) + " ";
  const std::string text = reference_text({{"key", "integer", "1", help}});
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  EXPECT_LE(longest, 100u);
  EXPECT_GT(longest, 90u);
  for (int k = 0; k < 60; ++k) EXPECT_THAT(text, HasSubstr("word" + std::to_string(k)));
}

TEST(ConfigDocs, MarkdownHasATableForEachSectionAndSaysThatItIsGenerated) {
  const std::string page = reference_markdown(toy_docs());
  EXPECT_THAT(page, testing::StartsWith("# Configuration reference\n\nThis page is generated"));
  EXPECT_THAT(page,
              HasSubstr("\n## `train.optimizer`\n\nAdam\n\n| key | type | default | meaning |\n|---|---|---|---|\n"
                        "| `lr` | number in [0, 1] | `0.0001` | learning rate |\n"));
  EXPECT_THAT(page, HasSubstr("\n## `model[name=plain]`\n\nnothing to tell\n\nNo keys of its own.\n"));
}

TEST(ConfigDocs, MarkdownCellsCannotBreakTheTable) {
  const std::string page = reference_markdown({{"key", "one of a|b", "a|b", "first\nsecond | third"}});
  EXPECT_THAT(page, HasSubstr("| `key` | one of a\\|b | `a\\|b` | first second \\| third |\n"));
}

TEST(ConfigDocs, ShowTheCurrentOptionsOfTheChosenAlternative) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  read_options(parse_config("model: {bias: {name: mixture, components: 7}}"), options);
  std::string rows;
  for (const FieldDoc& doc : document_options(options)) rows += row(doc) + "\n";
  EXPECT_THAT(rows, HasSubstr("bias[name=mixture].components | integer in [1, 1000] | 7 |"));
  EXPECT_THAT(rows, HasSubstr("bias[name=gaussian].learnable | true or false | false |"));
}

// A product of two biases is itself a bias.
struct ProductOptions final : Options {
  explicit ProductOptions(const Catalog& catalog)
      : left(static_cast<const toy::ToyCatalog&>(catalog).biases, catalog, "gaussian") {}
  Choice<toy::BiasEntry> left;
  void fields(Fields& visit) override { visit.variant("left", left, "first factor"); }
};

TEST(ConfigDocs, EndForAComponentThatContainsItsOwnFamily) {
  toy::ToyCatalog catalog = toy::make_catalog();
  catalog.biases.add(make_entry<ProductOptions, toy::BiasEntry>(
      "product", "two biases", "{}", [](const ProductOptions&, int) { return std::make_shared<toy::Product>(); }));
  std::string keys;
  for (const FieldDoc& doc : document_options(toy::RootOptions(catalog))) keys += doc.key + "\n";
  EXPECT_THAT(keys, HasSubstr("bias[name=product].left\n"));
  EXPECT_THAT(keys, Not(HasSubstr("left[")));
}

}  // namespace
}  // namespace cebm
