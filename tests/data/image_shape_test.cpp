// What a set says of its images' shape before it is read is what they have.
#include "data/loading.h"

namespace cebm {
namespace {

using testing::HasSubstr;

class ImageShapes : public PictureTest {
 protected:
  Choice<DatasetEntry> choice(const std::string& name, const std::string& options = "{}") const {
    Choice<DatasetEntry> chosen(catalog_, name);
    read_options(parse_config(options), chosen.options());
    return chosen;
  }
  DataContext context(std::optional<ImageShape> image = {}) const { return {.root = folder_, .image = image}; }

  Catalog catalog_;
};

TEST_F(ImageShapes, AreSaidByEveryRegisteredSetAndTrue) {
  write_all_sets(folder_);
  write_emnist(folder_ / "emnist", {}, 1, "letters", 26);
  save("pictures/a.png", test_picture(40, 30, 1));
  for (const auto& row : catalog_.datasets.rows()) {
    const auto data = choice(row.name, row.example);
    const auto said = image_shape_of(data, context());
    ASSERT_TRUE(said) << row.name;
    EXPECT_EQ(*said, read_dataset(data, context())->image_shape()) << row.name;
  }
}

TEST_F(ImageShapes, FollowOptionsAndWhatTheModelHas) {
  save("pictures/a.png", test_picture(40, 30, 1));
  for (const char* name : {"image-folder", "noise", "gaussian-noise", "constant"}) {
    const std::string where = name == std::string("image-folder") ? "path: pictures, " : "count: 2, ";
    for (const char* options : {"size: 12, channels: 1", "size: 9", "channels: 3", "limit: 1"}) {
      for (const std::optional<ImageShape> wanted : {std::optional<ImageShape>(), {ImageShape{3, 20, 16}}}) {
        const auto data = choice(name, "{" + where + options + "}");
        EXPECT_EQ(*image_shape_of(data, context(wanted)), data.build(context(wanted))->image_shape())
            << name << " " << options;
      }
    }
  }
}

TEST_F(ImageShapes, AreSaidWithoutTheFiles) {
  for (const auto& row : catalog_.datasets.rows())
    EXPECT_TRUE(image_shape_of(choice(row.name, row.example), context()));
}

TEST_F(ImageShapes, OptionsThatNoDataCanSatisfyAreRefusedWithoutTheFiles) {
  EXPECT_THAT(message_of<ConfigError>([&] { image_shape_of(choice("image-folder"), context()); }), HasSubstr("path"));
  EXPECT_THAT(message_of<ConfigError>([&] { image_shape_of(choice("texture", "channels: 2"), context()); }),
              HasSubstr("1 or 3 channels"));
}

TEST_F(ImageShapes, ImagesOfAnotherShapeThanWasSaidAreRefused) {
  DatasetEntry row = catalog_.datasets.find("noise");
  row.name = "liar";
  catalog_.datasets.add(with_image_shape(row, ImageShape{1, 28, 28}));
  const auto data = choice("liar", "{count: 2, size: 12}");
  EXPECT_THAT(message_of<DataError>([&] { read_dataset(data, context()); }),
              testing::AllOf(HasSubstr("liar"), HasSubstr("1x28x28"), HasSubstr("1x12x12")));
}

TEST_F(ImageShapes, MayBeUnknown) {
  DatasetEntry row = catalog_.datasets.find("noise");
  row.name = "silent";
  row.image_shape = {};
  catalog_.datasets.add(row);
  EXPECT_EQ(image_shape_of(choice("silent"), context()), std::nullopt);
  EXPECT_EQ(read_dataset(choice("silent", "count: 2"), context())->size(), 2);
}

}  // namespace
}  // namespace cebm
