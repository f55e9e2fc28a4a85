// The subcommands of cebm-data and their flags. Each returns the exit code.
#pragma once

#include <cebm/catalog.h>
#include <cebm/fetch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "programs/program.h"

namespace cebm::app {

struct DataFlags {
  CommonFlags common;
  std::vector<std::string> names;
  std::vector<std::string> overrides;  ///< options of the set, "key=value"
  std::string name;

  std::vector<std::string> mirrors;
  std::vector<std::string> only;
  bool only_mirrors = false;
  int retries = FetchOptions{}.retries;
  double connect_timeout = 20.0;  ///< s
  int stall_timeout = 30;         ///< s

  std::filesystem::path out;
  std::string split = "train";
  std::int64_t count = 100;
  std::int64_t columns = 0;
  std::uint64_t seed = 1;
  bool per_class = false;
  bool labels = false;
};

/// Lists every registered set: whether it is here, and how much there is to fetch.
int list_data(const Catalog& catalog, const DataFlags& flags);
/// Fetches flags.names into the data root, which is created if it does not exist.
int fetch_data(const Catalog& catalog, const DataFlags& flags);
/// Checks the files of flags.names; returns 1 unless all are good.
int verify_data(const Catalog& catalog, const DataFlags& flags);
/// Prints where flags.name comes from, and its contents if it is here.
int describe_data(const Catalog& catalog, const DataFlags& flags);
/// Writes a grid of images of flags.name to flags.out.
int draw_data(const Catalog& catalog, const DataFlags& flags);

/// Returns the set's row in the table of sources. Throws ConfigError for a set that is unknown, or known but not
/// fetched.
DataSource source_of(const Catalog& catalog, const std::string& name);
/// Loads a split of flags.name with the options of --set.
std::shared_ptr<Dataset> load_data(const Catalog& catalog, const DataFlags& flags, const std::string& split);

}  // namespace cebm::app
