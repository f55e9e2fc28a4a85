#include <cebm/home.h>
#include <gmock/gmock.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/config_toy.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// $HOME is another folder for the time of a test.
class Home : public testing::Test {
 protected:
  Home() : old_(std::getenv("HOME") == nullptr ? "" : std::getenv("HOME")) { setenv("HOME", "/home of mine", 1); }
  ~Home() override { setenv("HOME", old_.c_str(), 1); }

  struct PathOptions final : Options {
    std::filesystem::path place = "data";
    void fields(Fields& visit) override { visit.path("place", place, "where it is"); }
  };
  static std::string read(const std::string& yaml) {
    PathOptions options;
    read_options(parse_config(yaml, "c.yaml"), options);
    return options.place.string();
  }

 private:
  std::string old_;
};

TEST_F(Home, StandsForATildeAtTheStartAlone) {
  EXPECT_EQ(expand_home("~"), "/home of mine");
  EXPECT_EQ(expand_home("~/a/~/b"), "/home of mine/a/~/b");
  for (const char* path : {"", "a", "/a/~", "./~", "a~", "./~root/x"}) EXPECT_EQ(expand_home(path), path);
}

TEST_F(Home, OfAUserComesFromTheSystem) {
  const passwd* const user = getpwuid(getuid());
  if (user == nullptr) GTEST_SKIP() << "this user has no name";
  const std::string name = user->pw_name;
  const std::string home = user->pw_dir;
  EXPECT_EQ(expand_home("~" + name + "/x"), home + "/x");
  setenv("HOME", "", 1);
  EXPECT_EQ(expand_home("~/x"), home + "/x") << "without a variable";
}

TEST_F(Home, OfNobodyIsRefusedWithTheWayToWriteSuchAName) {
  EXPECT_THAT(toy::error_of([] { expand_home("~no such user/x"); }),
              AllOf(HasSubstr("~no such user: "), HasSubstr("./~no such user")));
}

TEST_F(Home, IsExpandedWhereASettingIsAPath) {
  EXPECT_EQ(read("place: ~/pics"), "/home of mine/pics");
  EXPECT_EQ(read("place: \"~\""), "/home of mine");
  EXPECT_EQ(read("place: ~"), "/home of mine") << "which is YAML for no value";
  EXPECT_EQ(read("{place: ~ }"), "/home of mine");
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "place: ~"),
            "/home of mine")
      << "after a byte order mark";
  EXPECT_EQ(read("# caf\xC3\xA9\r\nplace: ~\r\n"), "/home of mine") << "in lines of another system";
  EXPECT_EQ(read("place: pics"), "pics");
  ConfigNode node = parse_config("{}");
  apply_overrides(node, {"place=~"});
  PathOptions options;
  read_options(node, options);
  EXPECT_EQ(options.place, "/home of mine");
}

TEST_F(Home, ThatIsNobodysIsRefusedWithFileLineAndKey) {
  EXPECT_THAT(toy::error_of([] { read("\nplace: ~nobody-of-this-name/x"); }),
              AllOf(HasSubstr("c.yaml:2: place: "), HasSubstr("no user of this name")));
  for (const char* yaml : {"place:", "place: null", "place: [~]", "place: {}"})
    EXPECT_THAT(toy::error_of([&] { read(yaml); }), HasSubstr("place: expected a path, found ")) << yaml;
}

TEST_F(Home, IsWrittenOutInTheDump) {
  PathOptions options;
  read_options(parse_config("place: ~/pics"), options);
  EXPECT_EQ(dump_options(options), "place: \"/home of mine/pics\"\n");
  EXPECT_EQ(document_options(PathOptions()).at(0).type, "path");
}

}  // namespace
}  // namespace cebm
