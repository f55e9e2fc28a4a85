#include "eval/run/shared_columns.h"

#include <cebm/errors.h>
#include <cebm/tiles.h>

#include <nlohmann/json.hpp>

namespace cebm {

SharedColumns::~SharedColumns() {
  if (ranks_->alone() || !ranks_->leads()) return;
  try {
    ranks_->texts({});
  } catch (const RanksError&) {
    return;  // the other ranks have ended already
  }
}

torch::Tensor SharedColumns::compute(const Feed& feed, const Column& column, ColumnSource& source,
                                     const torch::Tensor& images, std::int64_t first) {
  const std::int64_t count = images.size(0);
  // Too few rows for a whole tile per rank.
  if (ranks_->alone() || count < kTileSize * ranks_->size()) return compute_column(column, source, images, first);
  ranks_->texts(nlohmann::json{
      {"column", column.name}, {"data", feed.data}, {"split", feed.split}, {"first", first}, {"count", count}}
                    .dump());
  const Shares shares = ranks_->shares(count, kTileSize);
  if (!images.is_same(images_)) own_ = ranks_->own(images, shares);
  images_ = images;
  return own_column(column, source, first, shares);
}

void SharedColumns::help(ColumnSource& source, const ImagesOf& images) {
  nlohmann::json last;
  for (std::string said = ranks_->texts({}).front(); !said.empty(); said = ranks_->texts({}).front()) {
    nlohmann::json asked = nlohmann::json::parse(said);
    const Column& column = find_column(asked.at("column"));
    asked.erase("column");
    const std::int64_t first = asked.at("first");
    const Shares shares = ranks_->shares(asked.at("count"), kTileSize);
    if (asked != last) {
      own_ = images({asked.at("data"), asked.at("split")}, first + shares.begin(ranks_->rank()),
                    shares.size(ranks_->rank()));
    }
    last = asked;
    own_column(column, source, first, shares);
  }
}

torch::Tensor SharedColumns::own_column(const Column& column, ColumnSource& source, std::int64_t first,
                                        const Shares& shares) {
  return ranks_->gather(compute_column(column, source, own_, first + shares.begin(ranks_->rank())), shares.sizes());
}

}  // namespace cebm
