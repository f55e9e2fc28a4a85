#include <gmock/gmock.h>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Inner final : Options {
  std::int64_t size = 1;
  bool cache = true;
  void fields(Fields& visit) override {
    visit.integer("size", size, {}, "matters");
    visit.harmless([&] { visit.boolean("cache", cache, "does not"); });
  }
};

struct Outer final : Options {
  explicit Outer(const toy::ToyCatalog& catalog) : model(catalog.models, catalog, "plain") {}
  Choice<toy::ModelEntry> model;
  Inner part;
  Inner report;
  std::string note;
  void fields(Fields& visit) override {
    visit.variant("model", model, "matters");
    visit.section("part", part, "matters in part");
    visit.harmless([&] {
      visit.section("report", report, "does not matter");
      visit.text("note", note, "neither");
    });
  }
};

TEST(HarmlessSettings, AreThoseThatSayTheyAreAndAllInTheirSections) {
  EXPECT_THAT(harmless_keys(Outer(toy::make_catalog())),
              ElementsAre("note", "part.cache", "report.cache", "report.size"));
}

TEST(HarmlessSettings, AreMarkedInTheReference) {
  const std::string page = reference_markdown(document_options(Outer(toy::make_catalog())));
  EXPECT_THAT(page, HasSubstr("## `part`\n\nmatters in part\n\n| key | type | default | meaning |\n|---|---|---|---|\n"
                              "| `size` | integer | `1` | matters |\n"
                              "| `cache` | true or false | `true` | does not (may change when a run is resumed) |\n"));
  EXPECT_THAT(page,
              HasSubstr("## `report`\n\ndoes not matter\n\n| key | type | default | meaning |\n|---|---|---|---|\n"
                        "| `size` | integer | `1` | matters (may change when a run is resumed) |\n"));
}

TEST(HarmlessSettings, AreReadAndWrittenAsAllOthers) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  Outer options(catalog);
  read_options(parse_config("{part: {cache: false}, report: {size: 3}, note: x}"), options);
  EXPECT_FALSE(options.part.cache);
  EXPECT_EQ(options.report.size, 3);
  EXPECT_THAT(dump_options(options), HasSubstr("note: \"x\"\n"));
}

}  // namespace
}  // namespace cebm
