/// Options of the built-in data sets, for Choice<DatasetEntry>::as<Cifar10Options>() and the like.
#pragma once

#include <cebm/options.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace cebm {

struct Catalog;

/// The rows mnist and fashion_mnist. In this and all others `limit` keeps the first images of a split only, of pictures
/// in folders of classes the first of every class, then the second of every class, ...; 0: all.
struct LimitOptions final : Options {
  std::int64_t limit = 0;
  void fields(Fields& visit) override;
};

/// The row cifar10.
struct Cifar10Options final : Options {
  std::int64_t batches = 5;  ///< files of the training split that are read
  std::int64_t limit = 0;
  void fields(Fields& visit) override;
};

/// The row svhn.
struct SvhnOptions final : Options {
  bool extra = true;  ///< the training split includes extra_32x32.mat
  std::int64_t limit = 0;
  void fields(Fields& visit) override;
};

enum class EmnistSubset { digits, letters, balanced, byclass, bymerge, mnist };

/// The row emnist.
struct EmnistOptions final : Options {
  EmnistSubset subset = EmnistSubset::digits;
  std::int64_t limit = 0;
  void fields(Fields& visit) override;
};

/// The rows constant, noise and gaussian-noise, which are synthetic.
struct DrawnOptions final : Options {
  std::int64_t count = 10000;  ///< images of a split
  std::int64_t size = 0;       ///< height and width; 0: the model's
  std::int64_t channels = 0;   ///< 0: the model's
  std::int64_t seed = 0;       ///< 0: the run's
  std::int64_t limit = 0;
  void fields(Fields& visit) override;
};

/// The rows interpolation, shuffled and inverted, whose images are derived from another set's.
struct DerivedOptions final : Options {
  explicit DerivedOptions(const Catalog& known) : catalog(&known) {}
  std::string of;          ///< a row of data sets, with its defaults; empty: the set that the run was trained on
  std::int64_t count = 0;  ///< images of a split; 0: as many as the other set's split has
  std::int64_t seed = 0;   ///< 0: the run's
  std::int64_t limit = 0;
  const Catalog* catalog;  ///< to find `of` in
  void fields(Fields& visit) override;
};

/// How a picture is resized to the model's shape.
enum class Fit {
  crop,     ///< the largest centred part with the target's proportions, in whole pixels
  stretch,  ///< the whole picture, whatever its proportions
};

/// Options shared by all sets of pictures.
struct PictureOptions {
  explicit PictureOptions(Fit default_fit) : fit(default_fit) {}
  std::int64_t size = 0;      ///< height and width; 0: the model's
  std::int64_t channels = 0;  ///< 1 grey, 3 RGB; 0: the model's
  Fit fit;
  bool cache = true;  ///< caches decoded pictures on disk
  std::int64_t limit = 0;
  void visit(Fields& visit);
};

/// The row image-folder.
struct ImageFolderOptions final : Options {
  std::filesystem::path path;  ///< folder of pictures, or of one folder per class
  PictureOptions pictures{Fit::crop};
  void fields(Fields& visit) override;
};

/// The row texture. The authors' code squeezes whole pictures to the model's size.
struct TextureOptions final : Options {
  PictureOptions pictures{Fit::stretch};
  void fields(Fields& visit) override;
};

}  // namespace cebm
