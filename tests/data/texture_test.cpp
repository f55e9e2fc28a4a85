// The describable textures: where they are looked for, and how pictures become images.
#include "data/encoded_pictures.h"
#include "data/loading.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Texture : public PictureTest {};

TEST_F(Texture, ClassesAreFoundInTheUsualFolders) {
  write_texture(folder_ / "texture", 10);
  const auto set = load("texture");
  ASSERT_EQ(set->size(), 10);
  EXPECT_THAT(set->classes, ElementsAre("banded", "dotted", "woven"));
  EXPECT_EQ(set->image_shape(), (ImageShape{3, 32, 32}));
  EXPECT_EQ(load("texture", "{}", "test")->size(), 10) << "all pictures make up any split";
  fs::rename(folder_ / "texture/dtd/images", folder_ / "images");
  EXPECT_EQ(load("texture")->size(), 10);
  fs::remove_all(folder_ / "texture");
  fs::rename(folder_ / "images", folder_ / "texture");
  EXPECT_EQ(load("texture")->size(), 10);
}

TEST_F(Texture, OtherPicturesBelowTheRootAreNotTaken) {
  save("holidays/1.png", test_picture(32, 32, 1));
  EXPECT_THAT(message_of<DataError>([this] { load("texture"); }),
              AllOf(HasSubstr("data set texture"), HasSubstr((folder_ / "texture/dtd/images").string()),
                    HasSubstr("cebm-data fetch texture")));
}

TEST_F(Texture, ImagesOfTheRootAreItsUsersUnlessTheyHaveTheSetsFirstClass) {
  for (const char* place : {"images", "dtd/images"}) {
    for (const char* name : {"cats", "dogs"}) save(std::string(place) + "/" + name + "/1.png", test_picture(32, 32, 1));
    EXPECT_THROW(load("texture"), MissingDataError) << place;
    save(std::string(place) + "/banded/1.png", test_picture(32, 32, 1));
    EXPECT_EQ(load("texture")->size(), 3) << place;
    fs::remove_all(folder_ / place);
  }
}

TEST_F(Texture, ARootThatIsTheSetsFolderMayEndInASlash) {
  save("texture/dotted/1.png", test_picture(32, 32, 1));
  EXPECT_EQ(load_set("texture", "{}", {.root = folder_ / "texture" / "", .split = "train"})->size(), 1);
}

TEST_F(Texture, WholePicturesAreSqueezedUnlessCropped) {
  Picture halves{.width = 64, .height = 32, .channels = 1, .pixels = {}};
  for (int i = 0; i < 64 * 32; ++i) halves.pixels.push_back(i % 64 < 16 ? 200 : 0);
  save("texture/banded/1.png", halves);
  EXPECT_EQ(load("texture")->images[0][0][16][2].item<std::uint8_t>(), 200);
  EXPECT_EQ(load("texture", "fit: crop")->images[0][0][16][2].item<std::uint8_t>(), 0);
}

TEST_F(Texture, AnUnreadablePictureIsNamed) {
  write_texture(folder_ / "texture", 10);
  const auto file = folder_ / "texture/dtd/images/woven/woven_0009.jpg";
  write_bytes(file, encode_jpeg(test_picture(40, 40, 1)).substr(0, 700));
  EXPECT_THAT(refused("texture", file), AllOf(HasSubstr("near byte "), HasSubstr("Premature end")));
}

}  // namespace
}  // namespace cebm
