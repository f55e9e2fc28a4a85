#include <cebm/fetch.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace cebm {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::EndsWith;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

bool is_hexadecimal(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

TEST(DataSources, NamesAreUniqueAndFound) {
  std::set<std::string> names;
  for (const DataSource& source : data_sources()) {
    EXPECT_TRUE(names.insert(source.name).second) << source.name;
    const auto found = find_data_source(source.name);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->files.size(), source.files.size());
  }
  EXPECT_FALSE(find_data_source("no such set"));
}

TEST(DataSources, EveryFileHasItsChecksumsAndItsSize) {
  for (const DataSource& source : data_sources()) {
    std::uint64_t total = 0;
    EXPECT_THAT(source.files, Not(IsEmpty())) << source.name;
    for (const DataFile& file : source.files) {
      EXPECT_TRUE(is_hexadecimal(file.sha256, 64)) << file.name;
      EXPECT_TRUE(is_hexadecimal(file.md5, 32)) << file.name;
      EXPECT_GT(file.size, 0U) << file.name;
      EXPECT_EQ(file.name.find('/'), std::string::npos) << file.name;
      EXPECT_EQ(file.content_sha256.empty(), file.content_size == 0) << file.name;
      EXPECT_TRUE(file.content_sha256.empty() || is_hexadecimal(file.content_sha256, 64)) << file.name;
      total += file.size;
    }
    EXPECT_EQ(source.size(), total);
  }
}

TEST(DataSources, EverySetSaysWhereItComesFromAndOnWhatTerms) {
  for (const DataSource& source : data_sources()) {
    EXPECT_THAT(source.homepage, StartsWith("http")) << source.name;
    EXPECT_THAT(source.licence, Not(IsEmpty())) << source.name;
    EXPECT_THAT(source.citation, AllOf(StartsWith("@"), EndsWith("}}"))) << source.name;
    EXPECT_EQ(std::count(source.citation.begin(), source.citation.end(), '{'),
              std::count(source.citation.begin(), source.citation.end(), '}'))
        << source.name;
    EXPECT_THAT(source.places, Not(IsEmpty())) << source.name;
    for (const std::string& place : source.places) {
      EXPECT_THAT(place, AllOf(AnyOf(StartsWith("https://"), StartsWith("http://")), EndsWith("/")));
    }
  }
}

TEST(DataSources, ArchivesAreOneFileWithALimitAboveTheirOwnSize) {
  for (const DataSource& source : data_sources()) {
    if (!source.is_archive()) continue;
    EXPECT_EQ(source.files.size(), 1U) << source.name;
    EXPECT_GT(source.archive.unpacked_size, source.files[0].size) << source.name;
    EXPECT_THAT(source.archive.landmark, Not(IsEmpty())) << source.name;
  }
}

// The package of the distribution is the one copy of a set that may be on the machine.
TEST(DataSources, TheDistributionsFashionMnistIsGood) {
  const auto source = find_data_source("fashion_mnist");
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no package dataset-fashion-mnist";
  for (const CheckedFile& file : verify(*source, {folder})) {
    EXPECT_EQ(file.state, FileState::good) << file.name << ": " << file.detail;
  }
}

}  // namespace
}  // namespace cebm
