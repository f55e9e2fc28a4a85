// The input as a file of a data set, read through the catalogue as the programs do it.
#pragma once

#include <cebm/catalog.h>
#include <cebm/errors.h>

#include "fuzz/input_folder.h"

namespace cebm::fuzz {

/// The test split of the set `name`, whose one file is called `file`.
class DatasetInput {
 public:
  DatasetInput(const std::string& name, const std::string& file)
      : input_(std::filesystem::path(name) / file), choice_(catalog_, name) {
    context_.root = input_.folder();
    context_.split = "test";
  }

  void read(const void* bytes, std::size_t size) const {
    input_.write(bytes, size);
    may_refuse<DataError>([&] { choice_.build(context_); });
  }

 private:
  NamedInput input_;
  Catalog catalog_;
  Choice<DatasetEntry> choice_;
  DataContext context_;
};

}  // namespace cebm::fuzz
