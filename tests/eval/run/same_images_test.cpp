// Sets that an evaluation compares must not be the same images.
#include <zlib.h>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

/// Wants two sets that must not be the same.
class Two final : public Evaluator {
 public:
  explicit Two(bool optional) : optional_(optional) {}
  std::vector<Feed> feeds() const override { return {{"one", "test"}, {"two", "test", optional_, true}}; }
  void missing(std::size_t, const std::string& reason) override { gone = reason; }
  void add(std::size_t, EvaluationBatch&) override {}
  nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
  std::string gone;

 private:
  bool optional_;
};

class SameImages : public EvaluatorTest {
 protected:
  /// A set whose images are all of the grey value that the first byte of its file says.
  void add_file_set(const std::string& name, const std::filesystem::path& file, std::int64_t count) {
    catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
        name, name, "{}", [=](const StripesOptions&, const DataContext& context) {
          return std::make_shared<Dataset>(Dataset{name,
                                                   context.split,
                                                   torch::full({count, 1, 12, 10}, contents(file)[0], torch::kUInt8),
                                                   torch::zeros({count}, torch::kInt64),
                                                   {name},
                                                   {file}});
        }));
  }
  /// The message of the refusal.
  std::string refusal() const {
    return message_of<DataError>([&] { run(std::make_shared<Two>(false)); });
  }
  EvaluationOutcome run(const std::shared_ptr<Two>& two) const {
    return evaluate(*run_, catalog_, {{"two", two, "", folder_ / "two"}}, {.columns = folder_ / "columns"});
  }
};

TEST_F(SameImages, OneFileUnderTwoPathsIsNamedHoweverMuchOfItIsRead) {
  write("a.bin", "1");
  std::filesystem::create_symlink("a.bin", folder_ / "b.bin");
  add_file_set("one", folder_ / "a.bin", 2);
  add_file_set("two", folder_ / "b.bin", 3);
  for (int known = 0; known < 2; ++known) {
    const std::string message = refusal();
    for (const std::string& part : {std::string("two: data sets one (test) and two (test) are the same images"),
                                    (folder_ / "a.bin").string(), (folder_ / "b.bin").string()}) {
      EXPECT_NE(message.find(part), std::string::npos) << message << known;
    }
  }
}

TEST_F(SameImages, CopiesAreNamedHoweverMuchOfThemIsRead) {
  write("a.bin", "1");
  write("b.bin", "1");
  add_file_set("one", folder_ / "a.bin", 2);
  add_file_set("two", folder_ / "b.bin", 3);
  EXPECT_NE(refusal().find("have the same content"), std::string::npos);
  write("b.bin", "2");
  EXPECT_EQ(run(std::make_shared<Two>(false)).results.size(), 1U);
}

TEST_F(SameImages, ACompressedCopyIsNamedHoweverMuchOfItIsRead) {
  write("a.bin", "1");
  gzFile const compressed = gzopen((folder_ / "b.bin.gz").c_str(), "wb");
  gzputs(compressed, "1");
  gzclose(compressed);
  add_file_set("one", folder_ / "a.bin", 2);
  add_file_set("two", folder_ / "b.bin.gz", 3);
  EXPECT_NE(refusal().find("have the same content"), std::string::npos);
}

TEST_F(SameImages, AnOptionalSetIsMissingWithTheReason) {
  write("a.bin", "1");
  add_file_set("one", folder_ / "a.bin", 2);
  add_file_set("two", folder_ / "a.bin", 2);
  const auto two = std::make_shared<Two>(true);
  const nlohmann::json result = run(two).results.at(0);
  EXPECT_NE(two->gone.find("both are read from " + (folder_ / "a.bin").string()), std::string::npos) << two->gone;
  EXPECT_EQ(result.at("provenance").at("data").at(1).at("missing"), two->gone);
}

}  // namespace
}  // namespace cebm
