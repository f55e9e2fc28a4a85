#include "eval/evaluators/neighbors.h"

#include <cebm/errors.h>
#include <cebm/figures.h>
#include <cebm/files.h>
#include <cebm/home.h>
#include <cebm/nearest.h>
#include <cebm/random.h>
#include <cebm/report.h>
#include <cebm/text.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/fixed_text.h"
#include "eval/evaluators/other_run_codes.h"
#include "eval/evaluators/spaces.h"
#include "eval/tables/percent.h"

namespace cebm {

namespace {

constexpr const char* kNeighbors = "neighbors";
constexpr std::size_t kNeighborsTrain = 0;
constexpr std::size_t kNeighborsTest = 1;

std::string other_space(const std::filesystem::path& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  return readable((path.has_filename() ? path : path.parent_path()).filename().string()) + "/latent";
}

class NeighborPictures final : public Evaluator {
 public:
  NeighborPictures(const NeighborsOptions& options, const EvaluatorContext& context)
      : count_(options.queries), k_(options.k), seed_(context.seed), own_(options.spaces), spaces_(own_) {
    require_spaces(own_, context, kNeighbors);
    for (const std::string& run : options.runs) {
      const std::filesystem::path directory = expand_home(run);
      const std::string space = other_space(directory);
      if (std::find(spaces_.begin(), spaces_.end(), space) != spaces_.end()) {
        throw ConfigError(std::string(kNeighbors) + ": runs: two would be called " + space + "; rename a folder");
      }
      spaces_.push_back(space);
      others_.emplace_back(directory, *options.catalog, context.model->image_shape(), context.message);
    }
  }

  std::vector<Feed> feeds() const override { return {{"", "train"}, {"", "test"}}; }

  nlohmann::json provenance() const override {
    nlohmann::json runs = nlohmann::json::object();
    for (const OtherRunCodes& other : others_) runs[other_space(other.directory())] = other.provenance();
    return others_.empty() ? nlohmann::json::object() : nlohmann::json{{"runs", runs}};
  }

  void begin(std::size_t feed, const Dataset& data) override {
    sets_[feed].begin(data, feed == kNeighborsTrain ? k_ : count_, kNeighbors);
    require_same_classes(sets_, kNeighbors, data.name);
    images_[feed] = data.images;
    name_ = data.name;
    for (OtherRunCodes& other : others_) other.begin(data);
  }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    for (const std::string& space : own_) sets_[feed].add(space, batch.first(), batch.column(space));
    for (OtherRunCodes& other : others_) {
      sets_[feed].add(other_space(other.directory()), batch.first(),
                      other.latent(batch.first(), batch.size(), batch.images().device()));
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const torch::Tensor queries =
        torch::tensor(random_subset(sets_[kNeighborsTest].labels().size(0), count_, {seed_, Stream::evaluation}));
    LabelledGrid grid = query_grid(queries);
    std::string csv = "space,query,rank,neighbor,distance,query_label,neighbor_label\n";
    NeighborsResult result{count_, k_, {}};
    for (const std::string& space : spaces_) {
      const Neighbors found = nearest_neighbors(sets_[kNeighborsTrain].points(space),
                                                sets_[kNeighborsTest].points(space).index_select(0, queries), k_);
      grid.groups.push_back(space);
      double agreeing = 0.0;
      for (std::int64_t q = 0; q < count_; ++q) {
        const auto query = queries[q].item<std::int64_t>();
        std::vector<LabelledImage> group;
        for (std::int64_t i = 0; i < k_; ++i) {
          const auto neighbor = found.index[q][i].item<std::int64_t>();
          const bool agrees = label_of(kNeighborsTrain, neighbor) == label_of(kNeighborsTest, query);
          agreeing += agrees ? 1.0 : 0.0;
          group.push_back(labelled(kNeighborsTrain, neighbor, agrees ? Mark::same : Mark::other));
          csv += space + table_row(query, i + 1, neighbor, found.squared_distance[q][i].item<double>());
        }
        grid.rows[static_cast<std::size_t>(q)].push_back(std::move(group));
      }
      result.label_agreement[space] = agreeing / static_cast<double>(count_ * k_);
    }
    write_file_atomically(directory / "neighbors.csv", csv);
    write_file_atomically(directory / "neighbors.svg", labelled_grid_svg(grid));
    return result.to_json();
  }

 private:
  /// The figure's first column.
  LabelledGrid query_grid(const torch::Tensor& queries) const {
    LabelledGrid grid{
        name_ + ": nearest training images of test images", {"query"}, {}, "of the query's class", "of another class"};
    for (std::int64_t q = 0; q < count_; ++q) {
      grid.rows.push_back({{labelled(kNeighborsTest, queries[q].item<std::int64_t>(), Mark::none)}});
    }
    return grid;
  }

  std::int64_t label_of(std::size_t feed, std::int64_t image) const {
    return sets_[feed].labels()[image].item<std::int64_t>();
  }

  LabelledImage labelled(std::size_t feed, std::int64_t image, Mark mark) const {
    return {images_[feed][image], sets_[feed].classes().at(static_cast<std::size_t>(label_of(feed, image))), mark};
  }

  std::string table_row(std::int64_t query, std::int64_t rank, std::int64_t neighbor, double squared_distance) const {
    return "," + std::to_string(query) + "," + std::to_string(rank) + "," + std::to_string(neighbor) + "," +
           fixed_text(std::sqrt(squared_distance), 9) + "," + std::to_string(label_of(kNeighborsTest, query)) + "," +
           std::to_string(label_of(kNeighborsTrain, neighbor)) + "\n";
  }

  std::int64_t count_;
  std::int64_t k_;
  std::uint64_t seed_;
  std::string name_;
  std::vector<std::string> own_;     ///< spaces of this run's model
  std::vector<std::string> spaces_;  ///< and of the others
  std::vector<OtherRunCodes> others_;
  std::array<LabelledPoints, 2> sets_;
  std::array<torch::Tensor, 2> images_;
};

}  // namespace

void NeighborsOptions::fields(Fields& visit) {
  visit.integer("queries", queries, {1, 1000}, "test images to draw");
  visit.integer("k", k, {1, 100}, "neighbours of each");
  visit.words("spaces", spaces, column_names(), "where distances are taken");
  visit.texts("runs", runs, "folders of other runs whose latent spaces to show too");
}

std::shared_ptr<Evaluator> make_neighbors(const NeighborsOptions& options, const EvaluatorContext& context) {
  return std::make_shared<NeighborPictures>(options, context);
}

void neighbors_section(const FinishedEvaluation& finished, HtmlReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [space, agreement] : NeighborsResult::from_json(finished.result).label_agreement) {
    rows.push_back({space, percent_text(100.0 * agreement)});
  }
  report.table({"space", "neighbours of the query's class in %"}, rows);
  report.figure(finished.directory / "neighbors.svg");
}

}  // namespace cebm
