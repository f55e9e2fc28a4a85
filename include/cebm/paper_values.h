/// The numbers that the paper reports, for comparison: Wu, Esmaeili, Wick, Tristan, van de Meent, *Conjugate
/// Energy-Based Models*, Tables 1 and 5.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cebm {

enum class PaperTable {
  few_labels,  ///< Table 1: test accuracy of logistic classifiers on latent codes
  ood,         ///< Table 5: AUROC, in-distribution being the positive class
};

struct PaperValue {
  PaperTable table;
  std::string model;   ///< registered name, "cebm"
  std::string data;    ///< the set that it was trained on, "fashion_mnist"
  std::string column;  ///< labels per class, "1" or "full"; or the score, "log_density"
  std::string other;   ///< ood: the other set; otherwise empty
  double percent;      ///< as printed, without decimals
};

/// Every number of both tables, in the paper's order of rows.
const std::vector<PaperValue>& paper_values();

/// The value in percent, or nothing if the paper has none.
std::optional<double> paper_value(PaperTable table, const std::string& model, const std::string& data,
                                  const std::string& column, const std::string& other = "");

/// How the paper writes a registered name ("fashion_mnist": Fashion-MNIST); other names as they are.
std::string paper_name(const std::string& name);

}  // namespace cebm
