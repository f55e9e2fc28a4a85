#include "programs/ranking_command.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <cebm/ranking.h>
#include <cebm/text.h>

#include <iostream>
#include <memory>

#include "programs/program.h"

namespace cebm::app {

namespace {

struct RankingFlags {
  std::filesystem::path in;
  std::filesystem::path out;
  std::int64_t bootstrap = 1000;
  std::uint64_t seed = 1;
};

/// Reads scores from an array with at most one axis longer than 1. Throws DataError for other shapes.
std::vector<double> read_scores(const std::filesystem::path& file) {
  const torch::Tensor values = read_npy(file);
  const bool is_list = values.dim() > 0 && values.numel() > 0 && values.squeeze().dim() <= 1;
  if (!is_list)
    throw DataError(file.string() + ": expected scores [N] of at least one image, found " +
                    (values.dim() == 0 ? "a single number without a shape" : c10::str("an array ", values.sizes())));
  const torch::Tensor scores = exact_numbers(values.reshape({-1}), torch::kDouble, file);
  return {scores.const_data_ptr<double>(), scores.const_data_ptr<double>() + scores.numel()};
}

int print_ranking(const RankingFlags& flags) {
  const std::vector<double> in = read_scores(flags.in);
  const std::vector<double> out = read_scores(flags.out);
  nlohmann::json result = estimate_ranking(in, out, flags.bootstrap, flags.seed).to_json();
  result["positive_class"] = "in-distribution";
  result["images"] = {{"in_distribution", in.size()}, {"other", out.size()}};
  std::cout << dump_json(result, 2) << "\n";
  return 0;
}

}  // namespace

void add_ranking_command(CLI::App& cli, std::function<int()>& chosen) {
  CLI::App* command =
      cli.add_subcommand("ranking", "AUROC, AUPR and FPR95 of scores computed elsewhere; higher means in-distribution");
  const auto flags = std::make_shared<RankingFlags>();
  add_path(*command, "in", flags->in, ".npy file with a score for each in-distribution image")->required();
  add_path(*command, "out", flags->out, "the same for the other set")->required();
  command->add_option("--bootstrap", flags->bootstrap, "resamples for the 95% intervals")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  add_count(*command, "--seed", flags->seed, "seed of the resamples")->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return print_ranking(*flags); }; });
}

}  // namespace cebm::app
