// cebm-data: fetches data sets, checks them, and shows what is in them.
#include <cebm/catalog.h>
#include <cebm/programs.h>

#include <functional>

#include "programs/data_commands.h"
#include "programs/positive_number.h"

namespace cebm {

namespace {

using Command = int (*)(const Catalog&, const app::DataFlags&);

CLI::Option* add_list(CLI::App& cli, const std::string& name, std::vector<std::string>& values,
                      const std::string& help) {
  return cli.add_option(name, values, help)->take_all()->allow_extra_args(false);
}

void add_names(CLI::App& cli, app::DataFlags& flags) {
  cli.add_option("names", flags.names, "data sets; cebm-data list knows them")->required();
}

void add_set(CLI::App& cli, app::DataFlags& flags) {
  cli.add_option("name", flags.name, "data set; cebm-data list knows them all")->required();
  add_list(cli, "-s,--set", flags.overrides, "option of the set: --set key=value (repeatable)");
}

void add_fetch(CLI::App& cli, app::DataFlags& flags) {
  add_names(cli, flags);
  add_list(cli, "--mirror", flags.mirrors, "URL of a folder that holds the files; tried first (repeatable)");
  cli.add_flag("--only-mirrors", flags.only_mirrors, "leave the official places alone");
  add_list(cli, "--only", flags.only, "fetch this file of the set only (repeatable)");
  cli.add_option("--retries", flags.retries, "how often a place that fails is tried again")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  cli.add_option("--connect-timeout", flags.connect_timeout, "seconds until a place that does not answer is given up")
      ->check(app::positive_number() & CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  cli.add_option("--stall-timeout", flags.stall_timeout, "seconds below 1 kB/s until a transfer is broken off")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
}

void add_grid(CLI::App& cli, app::DataFlags& flags) {
  add_set(cli, flags);
  app::add_path(cli, "out", flags.out, "the picture, a .png")->required();
  cli.add_option("--split", flags.split, "train or test")->capture_default_str();
  cli.add_option("-n,--count", flags.count, "number of images")->check(CLI::Range(1, 1000000))->capture_default_str();
  cli.add_option("--columns", flags.columns, "columns of the grid; 0: as square as possible, 10 with --per-class")
      ->check(CLI::Range(0, 10000));
  app::add_count(cli, "--seed", flags.seed, "seed of the choice")->capture_default_str();
  cli.add_flag("--per-class", flags.per_class, "one row a class, in place of --count");
  cli.add_flag("--labels", flags.labels, "print the classes, row by row");
}

}  // namespace

int data_main(int argc, char** argv, const Catalog& catalog) {
  CLI::App cli("Fetches data sets, checks them, and shows what is in them.", "cebm-data");
  cli.require_subcommand(1);
  app::DataFlags flags;
  Command chosen = nullptr;
  const auto add = [&](const std::string& name, const std::string& help, Command command) {
    CLI::App* const made = cli.add_subcommand(name, help);
    flags.common.add_to(*made);
    made->callback([&chosen, command] { chosen = command; });
    return made;
  };
  add("list", "every data set: whether it is here, how much there is to fetch", app::list_data);
  add_fetch(*add("fetch", "gets data sets from their official places, verified, into DATA_ROOT/<set>", app::fetch_data),
            flags);
  add_names(*add("verify", "compares the files that are here with the published checksums", app::verify_data), flags);
  add_set(
      *add("info", "source, licence, citation, files; splits, classes and pixels when it is here", app::describe_data),
      flags);
  add_grid(*add("grid", "draws images of a set", app::draw_data), flags);
  return app::run_program(cli, argc, argv, [&] { return chosen(catalog, flags); });
}

}  // namespace cebm
