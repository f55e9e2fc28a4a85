// What sets of pictures share: their options, and making a Dataset of a folder.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include "data/limit.h"
#include "data/picture_folder.h"

namespace cebm {

/// The shape that the options and the context ask for. Throws ConfigError if it has neither 1 nor 3 channels.
ImageShape picture_shape(const std::string& set, const PictureOptions& options, const DataContext& context);

/// The pictures as a set, out of the cache where that is right. Throws DataError as list_pictures and read_pictures do,
/// ConfigError if the model's images have neither 1 nor 3 channels.
Dataset load_pictures(const std::string& set, PictureFolder pictures, const PictureOptions& options,
                      const DataContext& context);

}  // namespace cebm
