#include <cebm/catalog.h>
#include <cebm/paper_values.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace cebm {
namespace {

TEST(PaperValues, EveryCellIsThereOnceAndNamesRegisteredComponents) {
  const Catalog catalog;
  std::map<PaperTable, int> count;
  std::set<std::string> cells;
  for (const PaperValue& value : paper_values()) {
    ++count[value.table];
    EXPECT_TRUE(cells.insert(value.model + "/" + value.data + "/" + value.column + "/" + value.other).second);
    EXPECT_NO_THROW((void)catalog.models.find(value.model));
    EXPECT_NO_THROW((void)catalog.datasets.find(value.data));
    if (!value.other.empty()) {
      EXPECT_NO_THROW((void)catalog.datasets.find(value.other));
    }
    EXPECT_GT(value.percent, 0.0);
    EXPECT_LE(value.percent, 100.0);
  }
  EXPECT_EQ(count[PaperTable::few_labels], 5 * 4 * 4);
  EXPECT_EQ(count[PaperTable::ood], 4 * 2 * 2 * 3);
}

TEST(PaperValues, AgreeWithTheTableThatComesWithTheConfigurations) {
  std::ifstream file(CEBM_CONFIGS_README);
  ASSERT_TRUE(file.is_open());
  const std::regex row(R"(\| `(\w+)` \|((?: \d+ \d+ \d+ \d+ \|){4}))");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    ++rows;
    std::istringstream numbers(std::regex_replace(found[2].str(), std::regex("\\|"), " "));
    for (const char* data : {"mnist", "fashion_mnist", "cifar10", "svhn"}) {
      for (const char* labels : {"1", "10", "100", "full"}) {
        double printed = 0.0;
        numbers >> printed;
        EXPECT_EQ(paper_value(PaperTable::few_labels, found[1], data, labels), printed)
            << found[1] << " " << data << " " << labels;
      }
    }
  }
  EXPECT_EQ(rows, 5);
}

TEST(PaperValues, ThoseOfTable5AreReadFromItsColumns) {
  const auto auroc = [](const char* model, const char* data, const char* score, const char* other) {
    return paper_value(PaperTable::ood, model, data, score, other);
  };
  EXPECT_EQ(auroc("vae", "fashion_mnist", "log_density", "mnist"), 50.0);
  EXPECT_EQ(auroc("igebm", "fashion_mnist", "gradient_norm", "emnist"), 82.0);
  EXPECT_EQ(auroc("cebm", "cifar10", "log_density", "texture"), 32.0);
  EXPECT_EQ(auroc("cebmm", "cifar10", "gradient_norm", "constant"), 62.0);
  EXPECT_EQ(auroc("gmm_vae", "cifar10", "gradient_norm", "constant"), std::nullopt);
}

}  // namespace
}  // namespace cebm
