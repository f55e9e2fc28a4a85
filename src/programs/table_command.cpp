#include "programs/table_command.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/tables.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "programs/log.h"
#include "programs/program.h"
#include "programs/streams.h"

namespace cebm::app {

namespace {

struct Format {
  const char* name;
  const char* suffix;
  std::string (*write)(const ResultTable& table);
};

constexpr Format kFormats[] = {
    {"markdown", ".md", to_markdown},
    {"latex", ".tex", to_latex},
    {"csv", ".csv", to_csv},
};

struct TableFlags {
  std::vector<std::filesystem::path> runs;
  std::string metric = "auroc";
  std::string format = "markdown";
  std::filesystem::path out;
  bool all_sets = false;
};

int print_tables(const TableFlags& flags) {
  if (!flags.out.empty()) keep_going_without_readers();
  std::vector<RunResults> runs;
  for (const std::filesystem::path& run : flags.runs) {
    const auto same = [&](const RunResults& other) {
      return std::filesystem::weakly_canonical(other.directory) == std::filesystem::weakly_canonical(run);
    };
    if (std::ranges::any_of(runs, same)) throw ConfigError("--runs: " + run.string() + " comes twice");
    runs.push_back(read_run_results(run));
    for (const std::string& note : runs.back().notes) warn(run.string() + ": " + note);
  }
  std::vector<std::pair<std::string, ResultTable>> tables{{"few_labels", few_label_table(runs, flags.all_sets)},
                                                          {"ood", ood_table(runs, flags.metric, flags.all_sets)}};
  if (ResultTable nearest = nearest_table(runs); !nearest.rows.empty()) tables.emplace_back("nearest", nearest);
  const std::vector<ResultTable> samples = samples_tables(runs);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    tables.emplace_back(i == 0 ? "samples" : "samples_" + std::to_string(i + 1), samples[i]);
  }
  if (flags.out.empty()) {
    const auto format = std::ranges::find(kFormats, flags.format, &Format::name);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      std::cout << (i == 0 ? "" : "\n") << format->write(tables[i].second);
    }
    return 0;
  }
  require_writable_directory(flags.out);
  for (const auto& [name, table] : tables) {
    for (const Format& format : kFormats) {
      const std::filesystem::path file = flags.out / (name + format.suffix);
      write_file_atomically(file, format.write(table));
      std::cout << file.string() << "\n";
    }
  }
  return 0;
}

}  // namespace

void add_table_command(CLI::App& cli, std::function<int()>& chosen) {
  CLI::App* command = cli.add_subcommand(
      "table",
      "few-shot and ood results of many runs as the paper's Tables 1 and 5, beside the paper's numbers; "
      "confusion and samples results, where there are some");
  const auto flags = std::make_shared<TableFlags>();
  add_path(*command, "-r,--runs", flags->runs, "run directories; those that differ in train.seed alone share a row")
      ->required()
      ->expected(1, 10000);
  command->add_option("--metric", flags->metric, "of the second table: auroc, aupr or fpr95; the paper has auroc alone")
      ->check(CLI::IsMember({"auroc", "aupr", "fpr95"}))
      ->capture_default_str();
  command->add_option("--format", flags->format, "what is printed: markdown, latex (booktabs) or csv")
      ->check(CLI::IsMember({"markdown", "latex", "csv"}))
      ->capture_default_str();
  add_path(*command, "-o,--out", flags->out, "write files in all three formats into this folder instead");
  command->add_flag("--all-sets", flags->all_sets, "also the paper's data sets on which no run was trained");
  command->callback([flags, &chosen] { chosen = [flags] { return print_tables(*flags); }; });
}

}  // namespace cebm::app
