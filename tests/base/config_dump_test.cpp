#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <random>
#include <regex>

#include "base/config_toy.h"
#include "base/option_text.h"

namespace cebm {
namespace {

using toy::RootOptions;
using toy::ToyCatalog;

TEST(ConfigDump, WritesEveryKeyInTheOrderOfTheDescription) {
  EXPECT_EQ(toy::resolve(""),
            "root: \"data\"\n"
            "model:\n"
            "  name: cebm\n"
            "  bias:\n"
            "    name: gaussian\n"
            "    learnable: false\n"
            "  channels: [64, 32]\n"
            "train:\n"
            "  steps: 90000\n"
            "  batch_size: 128\n"
            "  offset: 0\n"
            "  scale: 1\n"
            "  optimizer:\n"
            "    lr: 0.0001\n"
            "  fast: true\n");
}

TEST(ConfigDump, WritesNumbersInTheShortestFormThatReadsBack) {
  EXPECT_THAT(toy::resolve("train: {scale: 0.1}"), testing::HasSubstr("scale: 0.1\n"));
  EXPECT_THAT(toy::resolve("train: {scale: 0.30000000000000004}"), testing::HasSubstr("scale: 0.30000000000000004\n"));
  EXPECT_THAT(toy::resolve("train: {scale: 2e-4}"), testing::HasSubstr("scale: 0.0002\n"));
  EXPECT_THAT(toy::resolve("train: {scale: 1.5e300}"), testing::HasSubstr("scale: 1.5e+300\n"));
}

// YAML 1.1 (so PyYAML): a number with an exponent has a point and the exponent a sign, or it is text.
TEST(ConfigDump, WritesNumbersThatYaml11TakesForNumbers) {
  EXPECT_THAT(toy::resolve("train: {scale: 1e6}"), testing::HasSubstr("scale: 1.0e+06\n"));
  EXPECT_THAT(toy::resolve("train: {scale: -1e-8}"), testing::HasSubstr("scale: -1.0e-08\n"));
  const std::regex number(R"([-+]?[0-9]+(\.[0-9]*([eE][-+][0-9]+)?)?)");
  std::mt19937_64 engine(1);
  for (int i = 0; i < 2000; ++i) {
    const auto value = std::bit_cast<double>(engine());
    const double round = std::pow(10.0, i % 300 - 150);
    for (const double written : {value, round}) {
      if (!std::isfinite(written)) continue;
      EXPECT_TRUE(std::regex_match(number_text(written), number)) << number_text(written);
    }
  }
}

// Sets every field to something random that it may hold.
class Randomizer final : public Fields {
 public:
  explicit Randomizer(std::uint64_t seed) : engine_(seed) {}

  void integer(const char*, std::int64_t& value, Range<std::int64_t> range, const char*) override {
    value = std::uniform_int_distribution<std::int64_t>(range.low, range.high)(engine_);
  }
  void real(const char*, double& value, Range<double> range, const char*) override {
    do {
      value = range.high <= 1.0 ? std::generate_canonical<double, 53>(engine_) : std::bit_cast<double>(engine_());
    } while (!std::isfinite(value));
  }
  void boolean(const char*, bool& value, const char*) override { value = pick(2) == 1; }
  void text(const char*, std::string& value, const char*) override {
    static const std::vector<std::string> pieces{
        "",     "a",      " ",  ":",      "#",      "- ",         "'",      "\"",     "\\",   "\n",  "\t",   "\r",
        "{",    "]",      ",",  "&x",     "*x",     "!!",         "%",      "@",      "\x01", "?",   "null", "~",
        "true", "1.5e-3", "<<", "\u00e9", "\u20ac", "\U0001F600", "\u0085", "\u2028", "---",  "...", "=",    "\x7f"};
    value.clear();
    for (std::size_t left = pick(6); left > 0; --left) value += pieces[pick(pieces.size())];
  }
  void path(const char*, std::filesystem::path& value, const char*) override { value = "a b"; }
  void word(const char*, std::string& value, std::span<const std::string> allowed, const char*) override {
    value = allowed[pick(allowed.size())];
  }
  void integers(const char*, std::vector<std::int64_t>& value, Range<std::int64_t> range, const char* help) override {
    value.resize(pick(5));
    for (auto& item : value) integer("", item, range, help);
  }
  void texts(const char*, std::vector<std::string>& value, const char*) override {
    value.clear();
    for (std::size_t left = pick(4); left > 0; --left) {
      std::string item;
      text("", item, "");
      value.push_back(std::to_string(left) + item);  // not empty, not twice
    }
  }
  void section(const char*, Options& value, const char*) override { value.fields(*this); }
  void variant(const char*, Variant& value, const char*) override {
    const auto alternatives = value.alternatives();
    value.select(alternatives[pick(alternatives.size())].name);
    value.options().fields(*this);
  }

 private:
  std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine_); }
  std::mt19937_64 engine_;
};

// Every value with its exact bits, independent of how dumps are written.
class Collector final : public Fields {
 public:
  std::vector<std::string> values;

  void integer(const char*, std::int64_t& value, Range<std::int64_t>, const char*) override { add(value); }
  void real(const char*, double& value, Range<double>, const char*) override {
    add(std::bit_cast<std::int64_t>(value));
  }
  void boolean(const char*, bool& value, const char*) override { add(value); }
  void text(const char*, std::string& value, const char*) override { values.push_back(value); }
  void path(const char*, std::filesystem::path& value, const char*) override { values.push_back(value.string()); }
  void word(const char*, std::string& value, std::span<const std::string>, const char*) override {
    values.push_back(value);
  }
  void integers(const char*, std::vector<std::int64_t>& value, Range<std::int64_t>, const char*) override {
    add(static_cast<std::int64_t>(value.size()));
    for (const auto item : value) add(item);
  }
  void texts(const char*, std::vector<std::string>& value, const char*) override {
    add(static_cast<std::int64_t>(value.size()));
    values.insert(values.end(), value.begin(), value.end());
  }
  void section(const char*, Options& value, const char*) override { value.fields(*this); }
  void variant(const char*, Variant& value, const char*) override {
    values.push_back(value.name());
    value.options().fields(*this);
  }

 private:
  void add(std::int64_t value) { values.push_back(std::to_string(value)); }
};

TEST(ConfigDump, ReadsBackEqualForRandomOptions) {
  const ToyCatalog catalog = toy::make_catalog();
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    RootOptions written(catalog);
    Randomizer randomize(seed);
    written.fields(randomize);
    const std::string dump = dump_options(written);

    RootOptions read(catalog);
    read_options(parse_config(dump), read);
    Collector before, after;
    written.fields(before);
    read.fields(after);
    ASSERT_EQ(before.values, after.values) << "seed " << seed << "\n" << dump;
    ASSERT_EQ(dump_options(read), dump);
    longest = std::max(longest, before.values.size());
  }
  EXPECT_GT(longest, 12u);
}

TEST(ConfigDump, ChangesNothingInWhatItDumps) {
  struct Watched final : Options {
    struct Value {
      int value = 1;
      int* writes;
      Value& operator=(const Value& other) {
        value = other.value;
        ++*writes;
        return *this;
      }
      bool operator==(const Value& other) const { return value == other.value; }
    };
    int writes = 0;
    Value choice{1, &writes};
    void fields(Fields& visit) override {
      const std::pair<const char*, Value> names[] = {{"one", {1, &writes}}, {"two", {2, &writes}}};
      visit.enumeration<Value>("choice", choice, names, "");
    }
  } options;
  EXPECT_EQ(dump_options(options), "choice: one\n");
  EXPECT_EQ(options.writes, 0);
  read_options(parse_config("choice: two"), options);
  EXPECT_EQ(options.choice.value, 2);
}

}  // namespace
}  // namespace cebm
