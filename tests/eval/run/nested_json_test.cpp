// Files of an evaluation that nest so deep that printing or comparing them would overflow the stack.
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <gmock/gmock.h>

#include "eval/run/provenance_cache.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

class NestedJson : public FolderTest {
 protected:
  static std::string nested() { return std::string(1000000, '[') + std::string(1000000, ']'); }
};

TEST_F(NestedJson, IsRefusedInTheListOfEvaluations) {
  write("all.json", nested());
  EXPECT_THAT(message_of<DataError>([&] { read_survey(folder_); }),
              testing::AllOf(testing::HasSubstr("all.json"), testing::HasSubstr("nested levels")));
}

TEST_F(NestedJson, IsForgottenInTheProvenanceCache) {
  write("sets.json", "[" + nested() + "]");
  Dataset data;
  data.files = {write("data", "x")};
  ProvenanceCache cache(folder_);
  cache.remember({{"set", "mnist"}}, {folder_}, data, {{"sha256", "1"}});
  const nlohmann::json kept = nlohmann::json::parse(read_file(folder_ / "sets.json"));
  EXPECT_EQ(kept.size(), 1U);
}

}  // namespace
}  // namespace cebm
