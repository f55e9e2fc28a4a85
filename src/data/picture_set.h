// Shared code of the picture sets: their options, and making a Dataset of a folder.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include "data/limit.h"
#include "data/picture_folder.h"

namespace cebm {

/// The shape that the options and the context ask for. Throws ConfigError if it has neither 1 nor 3 channels.
ImageShape picture_shape(const std::string& set, const PictureOptions& options, const DataContext& context);

/// Loads the pictures as a set, from the cache if `options` allow it and it is valid. Throws DataError as read_pictures
/// does, ConfigError as picture_shape does.
Dataset load_pictures(const std::string& set, PictureFolder pictures, const PictureOptions& options,
                      const DataContext& context);

}  // namespace cebm
