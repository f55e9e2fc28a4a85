/// Figures of evaluations as SVG documents: heat maps with numbers, and labelled images side by side.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace cebm {

/// A matrix of shares as a coloured table.
struct HeatMap {
  std::string title;
  std::string row_axis;     ///< what a row is ("true class")
  std::string column_axis;  ///< what a column is
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  torch::Tensor shares;  ///< [rows, columns] double in [0, 1], shown in percent; NaN is left blank
};

/// Throws std::invalid_argument on no cells, on shares outside [0, 1], or if the names do not fit them.
std::string heat_map_svg(const HeatMap& map);

/// counts [R, C] divided by the sums of their rows, double; NaN in a row of zeros.
torch::Tensor row_shares(const torch::Tensor& counts);

enum class Mark { none, same, other };

struct LabelledImage {
  torch::Tensor image;  ///< [C, H, W] uint8 or float in [-1, 1], C 1 or 3
  std::string label;    ///< below it
  Mark mark = Mark::none;
};

/// Rows of images in titled groups.
struct LabelledGrid {
  std::string title;
  std::vector<std::string> groups;                            ///< titles
  std::vector<std::vector<std::vector<LabelledImage>>> rows;  ///< [row][group][place]
  std::string same;                                           ///< what Mark::same means; empty: no legend
  std::string other;
};

/// Images marked same or other have a frame and a label in that mark's colour. Throws std::invalid_argument for no
/// images, images of different shapes, or rows that differ in the number or length of their groups.
std::string labelled_grid_svg(const LabelledGrid& grid);

}  // namespace cebm
