// The data set that a run was trained on, outside its training.
#pragma once

#include <cebm/run.h>

#include <filesystem>
#include <string>

namespace cebm {

/// Context of a split of the run's own data set below `root`: a generated set then has the images of the training.
DataContext own_data(const OpenedRun& run, const std::filesystem::path& root, const std::string& split);

}  // namespace cebm
