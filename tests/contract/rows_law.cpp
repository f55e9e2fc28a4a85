// What every row of every registry owes to configuration, --list and the reference page.
#include <cebm/catalog.h>
#include <cebm/fetch.h>

#include <set>

#include "contract/rows.h"

namespace cebm {
namespace {

/// A row of any family, as far as configuration goes.
struct Row {
  std::string family;
  std::string name;
  std::string summary;
  std::string example;
  std::function<std::unique_ptr<Options>()> options;
};

template <class EntryType>
void append(std::vector<Row>& all, const Registry<EntryType>& registry) {
  for (const auto& row : registry.rows()) {
    const auto options = row.options;
    all.push_back({registry.family(), row.name, row.summary, row.example, [options] { return options(catalog()); }});
  }
}

std::vector<Row> all_rows() {
  std::vector<Row> all;
  append(all, catalog().datasets);
  append(all, catalog().encoders);
  append(all, catalog().decoders);
  append(all, catalog().likelihoods);
  append(all, catalog().families);
  append(all, catalog().biases);
  append(all, catalog().models);
  append(all, catalog().samplers);
  append(all, catalog().objectives);
  append(all, catalog().evaluators);
  return all;
}

std::string name_of(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.family + "_" + info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return name;
}

class EveryRow : public testing::TestWithParam<Row> {
 protected:
  std::unique_ptr<Options> read(const std::string& yaml) const {
    auto options = GetParam().options();
    read_options(parse_config(yaml), *options);
    return options;
  }
};

TEST_P(EveryRow, HasAnExampleThatReadsAndSurvivesADump) {
  const std::string once = dump_options(*read(GetParam().example));
  const std::string twice = dump_options(*read(once));
  EXPECT_EQ(once, twice);
}

TEST_P(EveryRow, HasDefaultsThatSurviveADump) {
  const std::string defaults = dump_options(*GetParam().options());
  EXPECT_EQ(dump_options(*read(defaults)), defaults);
}

TEST_P(EveryRow, RefusesAnUnknownKey) { EXPECT_THROW(read("no_such_key: 1"), ConfigError); }

TEST_P(EveryRow, SaysWhatItIsAndWhatEachOfItsKeysDoes) {
  EXPECT_FALSE(GetParam().summary.empty());
  for (const FieldDoc& doc : document_options(*GetParam().options())) {
    EXPECT_FALSE(doc.help.empty()) << doc.key;
    EXPECT_FALSE(doc.type.empty()) << doc.key;
  }
}

TEST_P(EveryRow, HasANameThatAConfigurationCanSpell) {
  EXPECT_EQ(GetParam().name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryRow, testing::ValuesIn(all_rows()), name_of);

TEST(DataSources, EachBelongsToARegisteredSet) {
  for (const DataSource& source : data_sources()) EXPECT_NO_THROW(catalog().datasets.find(source.name));
}

TEST(Registry, RefusesASecondRowOfTheSameName) {
  Catalog copy;
  EXPECT_THROW(copy.models.add(copy.models.rows().front()), ConfigError);
}

}  // namespace
}  // namespace cebm
