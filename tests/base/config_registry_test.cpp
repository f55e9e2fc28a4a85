#include <gmock/gmock.h>

#include "base/config_toy.h"

namespace cebm {
namespace {

using toy::BiasEntry;

TEST(Registry, FindsRowsAndKeepsTheirOrder) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  EXPECT_EQ(catalog.biases.family(), "bias");
  ASSERT_EQ(catalog.biases.rows().size(), 2u);
  EXPECT_EQ(catalog.biases.rows()[0].name, "gaussian");
  EXPECT_EQ(catalog.biases.find("mixture").summary, "several Gaussians");
  EXPECT_EQ(catalog.biases.find("mixture").example, "{components: 3}");
}

TEST(Registry, RefusesATakenName) {
  toy::ToyCatalog catalog = toy::make_catalog();
  BiasEntry row = catalog.biases.find("gaussian");
  EXPECT_EQ(toy::error_of([&] { catalog.biases.add(row); }), "bias 'gaussian' is registered twice");
  EXPECT_EQ(catalog.biases.rows().size(), 2u);
  row.name = "another";
  catalog.biases.add(row);
  EXPECT_EQ(catalog.biases.find("another").summary, "one Gaussian");
}

TEST(Registry, SuggestsTheNearestName) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  EXPECT_EQ(toy::error_of([&] { catalog.biases.find("gausian"); }),
            "unknown bias 'gausian'; did you mean 'gaussian'? Known: gaussian mixture");
  EXPECT_EQ(toy::error_of([&] { catalog.biases.find("x"); }), "unknown bias 'x'. Known: gaussian mixture");
}

TEST(Registry, ACopyGrowsAlone) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::ToyCatalog copy = catalog;
  BiasEntry row = catalog.biases.find("gaussian");
  row.name = "mine";
  copy.biases.add(row);
  EXPECT_NO_THROW(copy.biases.find("mine"));
  EXPECT_THROW(catalog.biases.find("mine"), ConfigError);
}

TEST(MakeEntry, BuildsFromItsOwnOptionsOnly) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  const BiasEntry& gaussian = catalog.biases.find("gaussian");
  toy::GaussianOptions options;
  EXPECT_EQ(gaussian.build(options, 3)->text, "fixed 3");
  options.learnable = true;
  EXPECT_EQ(gaussian.build(options, 4)->text, "learnable 4");
  EXPECT_THROW(gaussian.build(toy::MixtureOptions(), 3), std::bad_cast);
}

TEST(MakeEntry, GivesTheCatalogToOptionsThatNeedIt) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  const auto options = catalog.models.find("cebm").options(catalog);
  EXPECT_EQ(dynamic_cast<const toy::CebmOptions&>(*options).bias.name(), "gaussian");
}

TEST(Choice, BuildsWhatTheConfigurationSays) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  EXPECT_EQ(options.model.build(5)->text, "cebm with fixed 5");
  read_options(parse_config("model: {bias: {name: mixture, components: 12}}"), options);
  EXPECT_EQ(options.model.build(5)->text, "cebm with mixture of 12");
  read_options(parse_config("model: plain"), options);
  EXPECT_EQ(options.model.build(5)->text, "plain");
}

TEST(Choice, SelectingSetsDefaults) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  Choice<BiasEntry> choice(catalog.biases, catalog, "gaussian");
  dynamic_cast<toy::GaussianOptions&>(choice.options()).learnable = true;
  choice.select("gaussian");
  EXPECT_FALSE(dynamic_cast<const toy::GaussianOptions&>(choice.options()).learnable);
}

TEST(Choice, StaysAsItIsWhenTheNameIsUnknown) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  Choice<BiasEntry> choice(catalog.biases, catalog, "mixture");
  dynamic_cast<toy::MixtureOptions&>(choice.options()).components = 4;
  EXPECT_THROW(choice.select("none"), ConfigError);
  EXPECT_EQ(choice.name(), "mixture");
  EXPECT_EQ(choice.build(0)->text, "mixture of 4");
}

TEST(Choice, ListsAlternativesAndTheirDefaults) {
  const toy::ToyCatalog catalog = toy::make_catalog();
  const Choice<BiasEntry> choice(catalog.biases, catalog, "gaussian");
  ASSERT_EQ(choice.alternatives().size(), 2u);
  EXPECT_EQ(choice.alternatives()[1].name, "mixture");
  EXPECT_EQ(choice.alternatives()[1].summary, "several Gaussians");
  EXPECT_EQ(dump_options(*choice.defaults_of("mixture")), "components: 50\nstatistics: shared\n");
  EXPECT_THROW(choice.defaults_of("none"), ConfigError);
}

}  // namespace
}  // namespace cebm
