#include <cebm/paper_values.h>

namespace cebm {

const std::vector<PaperValue>& paper_values() {
  static const std::vector<PaperValue> values{
      // Table 1, "Classification accuracy", in percent: logistic classifiers on latent codes with 1, 10 and 100
      // examples
      // per class and with the full training set.
      {PaperTable::few_labels, "vae", "mnist", "1", "", 42.0},
      {PaperTable::few_labels, "vae", "mnist", "10", "", 85.0},
      {PaperTable::few_labels, "vae", "mnist", "100", "", 92.0},
      {PaperTable::few_labels, "vae", "mnist", "full", "", 95.0},
      {PaperTable::few_labels, "vae", "fashion_mnist", "1", "", 41.0},
      {PaperTable::few_labels, "vae", "fashion_mnist", "10", "", 63.0},
      {PaperTable::few_labels, "vae", "fashion_mnist", "100", "", 72.0},
      {PaperTable::few_labels, "vae", "fashion_mnist", "full", "", 81.0},
      {PaperTable::few_labels, "vae", "cifar10", "1", "", 16.0},
      {PaperTable::few_labels, "vae", "cifar10", "10", "", 22.0},
      {PaperTable::few_labels, "vae", "cifar10", "100", "", 31.0},
      {PaperTable::few_labels, "vae", "cifar10", "full", "", 38.0},
      {PaperTable::few_labels, "vae", "svhn", "1", "", 13.0},
      {PaperTable::few_labels, "vae", "svhn", "10", "", 13.0},
      {PaperTable::few_labels, "vae", "svhn", "100", "", 16.0},
      {PaperTable::few_labels, "vae", "svhn", "full", "", 36.0},
      {PaperTable::few_labels, "gmm_vae", "mnist", "1", "", 53.0},
      {PaperTable::few_labels, "gmm_vae", "mnist", "10", "", 86.0},
      {PaperTable::few_labels, "gmm_vae", "mnist", "100", "", 93.0},
      {PaperTable::few_labels, "gmm_vae", "mnist", "full", "", 97.0},
      {PaperTable::few_labels, "gmm_vae", "fashion_mnist", "1", "", 49.0},
      {PaperTable::few_labels, "gmm_vae", "fashion_mnist", "10", "", 68.0},
      {PaperTable::few_labels, "gmm_vae", "fashion_mnist", "100", "", 79.0},
      {PaperTable::few_labels, "gmm_vae", "fashion_mnist", "full", "", 84.0},
      {PaperTable::few_labels, "gmm_vae", "cifar10", "1", "", 19.0},
      {PaperTable::few_labels, "gmm_vae", "cifar10", "10", "", 23.0},
      {PaperTable::few_labels, "gmm_vae", "cifar10", "100", "", 33.0},
      {PaperTable::few_labels, "gmm_vae", "cifar10", "full", "", 39.0},
      {PaperTable::few_labels, "gmm_vae", "svhn", "1", "", 13.0},
      {PaperTable::few_labels, "gmm_vae", "svhn", "10", "", 14.0},
      {PaperTable::few_labels, "gmm_vae", "svhn", "100", "", 23.0},
      {PaperTable::few_labels, "gmm_vae", "svhn", "full", "", 56.0},
      {PaperTable::few_labels, "igebm", "mnist", "1", "", 63.0},
      {PaperTable::few_labels, "igebm", "mnist", "10", "", 89.0},
      {PaperTable::few_labels, "igebm", "mnist", "100", "", 95.0},
      {PaperTable::few_labels, "igebm", "mnist", "full", "", 97.0},
      {PaperTable::few_labels, "igebm", "fashion_mnist", "1", "", 50.0},
      {PaperTable::few_labels, "igebm", "fashion_mnist", "10", "", 70.0},
      {PaperTable::few_labels, "igebm", "fashion_mnist", "100", "", 79.0},
      {PaperTable::few_labels, "igebm", "fashion_mnist", "full", "", 83.0},
      {PaperTable::few_labels, "igebm", "cifar10", "1", "", 16.0},
      {PaperTable::few_labels, "igebm", "cifar10", "10", "", 26.0},
      {PaperTable::few_labels, "igebm", "cifar10", "100", "", 33.0},
      {PaperTable::few_labels, "igebm", "cifar10", "full", "", 42.0},
      {PaperTable::few_labels, "igebm", "svhn", "1", "", 10.0},
      {PaperTable::few_labels, "igebm", "svhn", "10", "", 16.0},
      {PaperTable::few_labels, "igebm", "svhn", "100", "", 35.0},
      {PaperTable::few_labels, "igebm", "svhn", "full", "", 49.0},
      {PaperTable::few_labels, "cebm", "mnist", "1", "", 67.0},
      {PaperTable::few_labels, "cebm", "mnist", "10", "", 89.0},
      {PaperTable::few_labels, "cebm", "mnist", "100", "", 95.0},
      {PaperTable::few_labels, "cebm", "mnist", "full", "", 97.0},
      {PaperTable::few_labels, "cebm", "fashion_mnist", "1", "", 52.0},
      {PaperTable::few_labels, "cebm", "fashion_mnist", "10", "", 70.0},
      {PaperTable::few_labels, "cebm", "fashion_mnist", "100", "", 77.0},
      {PaperTable::few_labels, "cebm", "fashion_mnist", "full", "", 83.0},
      {PaperTable::few_labels, "cebm", "cifar10", "1", "", 19.0},
      {PaperTable::few_labels, "cebm", "cifar10", "10", "", 30.0},
      {PaperTable::few_labels, "cebm", "cifar10", "100", "", 42.0},
      {PaperTable::few_labels, "cebm", "cifar10", "full", "", 52.0},
      {PaperTable::few_labels, "cebm", "svhn", "1", "", 12.0},
      {PaperTable::few_labels, "cebm", "svhn", "10", "", 25.0},
      {PaperTable::few_labels, "cebm", "svhn", "100", "", 48.0},
      {PaperTable::few_labels, "cebm", "svhn", "full", "", 70.0},
      {PaperTable::few_labels, "cebmm", "mnist", "1", "", 67.0},
      {PaperTable::few_labels, "cebmm", "mnist", "10", "", 91.0},
      {PaperTable::few_labels, "cebmm", "mnist", "100", "", 97.0},
      {PaperTable::few_labels, "cebmm", "mnist", "full", "", 98.0},
      {PaperTable::few_labels, "cebmm", "fashion_mnist", "1", "", 52.0},
      {PaperTable::few_labels, "cebmm", "fashion_mnist", "10", "", 71.0},
      {PaperTable::few_labels, "cebmm", "fashion_mnist", "100", "", 80.0},
      {PaperTable::few_labels, "cebmm", "fashion_mnist", "full", "", 85.0},
      {PaperTable::few_labels, "cebmm", "cifar10", "1", "", 16.0},
      {PaperTable::few_labels, "cebmm", "cifar10", "10", "", 28.0},
      {PaperTable::few_labels, "cebmm", "cifar10", "100", "", 42.0},
      {PaperTable::few_labels, "cebmm", "cifar10", "full", "", 51.0},
      {PaperTable::few_labels, "cebmm", "svhn", "1", "", 10.0},
      {PaperTable::few_labels, "cebmm", "svhn", "10", "", 17.0},
      {PaperTable::few_labels, "cebmm", "svhn", "100", "", 39.0},
      {PaperTable::few_labels, "cebmm", "svhn", "full", "", 60.0},

      // Table 5 (Appendix G), "AUROC scores in OOD detection", in percent. It has no row for the GMM-VAE.
      {PaperTable::ood, "vae", "fashion_mnist", "log_density", "mnist", 50.0},
      {PaperTable::ood, "vae", "fashion_mnist", "log_density", "emnist", 39.0},
      {PaperTable::ood, "vae", "fashion_mnist", "log_density", "constant", 9.0},
      {PaperTable::ood, "vae", "fashion_mnist", "gradient_norm", "mnist", 61.0},
      {PaperTable::ood, "vae", "fashion_mnist", "gradient_norm", "emnist", 57.0},
      {PaperTable::ood, "vae", "fashion_mnist", "gradient_norm", "constant", 1.0},
      {PaperTable::ood, "vae", "cifar10", "log_density", "svhn", 42.0},
      {PaperTable::ood, "vae", "cifar10", "log_density", "texture", 58.0},
      {PaperTable::ood, "vae", "cifar10", "log_density", "constant", 41.0},
      {PaperTable::ood, "vae", "cifar10", "gradient_norm", "svhn", 38.0},
      {PaperTable::ood, "vae", "cifar10", "gradient_norm", "texture", 51.0},
      {PaperTable::ood, "vae", "cifar10", "gradient_norm", "constant", 37.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "log_density", "mnist", 35.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "log_density", "emnist", 36.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "log_density", "constant", 90.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "gradient_norm", "mnist", 78.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "gradient_norm", "emnist", 82.0},
      {PaperTable::ood, "igebm", "fashion_mnist", "gradient_norm", "constant", 96.0},
      {PaperTable::ood, "igebm", "cifar10", "log_density", "svhn", 45.0},
      {PaperTable::ood, "igebm", "cifar10", "log_density", "texture", 31.0},
      {PaperTable::ood, "igebm", "cifar10", "log_density", "constant", 64.0},
      {PaperTable::ood, "igebm", "cifar10", "gradient_norm", "svhn", 33.0},
      {PaperTable::ood, "igebm", "cifar10", "gradient_norm", "texture", 17.0},
      {PaperTable::ood, "igebm", "cifar10", "gradient_norm", "constant", 62.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "log_density", "mnist", 37.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "log_density", "emnist", 34.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "log_density", "constant", 90.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "gradient_norm", "mnist", 82.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "gradient_norm", "emnist", 89.0},
      {PaperTable::ood, "cebm", "fashion_mnist", "gradient_norm", "constant", 98.0},
      {PaperTable::ood, "cebm", "cifar10", "log_density", "svhn", 47.0},
      {PaperTable::ood, "cebm", "cifar10", "log_density", "texture", 32.0},
      {PaperTable::ood, "cebm", "cifar10", "log_density", "constant", 66.0},
      {PaperTable::ood, "cebm", "cifar10", "gradient_norm", "svhn", 31.0},
      {PaperTable::ood, "cebm", "cifar10", "gradient_norm", "texture", 17.0},
      {PaperTable::ood, "cebm", "cifar10", "gradient_norm", "constant", 54.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "log_density", "mnist", 56.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "log_density", "emnist", 56.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "log_density", "constant", 92.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "gradient_norm", "mnist", 56.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "gradient_norm", "emnist", 80.0},
      {PaperTable::ood, "cebmm", "fashion_mnist", "gradient_norm", "constant", 95.0},
      {PaperTable::ood, "cebmm", "cifar10", "log_density", "svhn", 55.0},
      {PaperTable::ood, "cebmm", "cifar10", "log_density", "texture", 30.0},
      {PaperTable::ood, "cebmm", "cifar10", "log_density", "constant", 62.0},
      {PaperTable::ood, "cebmm", "cifar10", "gradient_norm", "svhn", 40.0},
      {PaperTable::ood, "cebmm", "cifar10", "gradient_norm", "texture", 23.0},
      {PaperTable::ood, "cebmm", "cifar10", "gradient_norm", "constant", 62.0},
  };
  return values;
}

std::optional<double> paper_value(PaperTable table, const std::string& model, const std::string& data,
                                  const std::string& column, const std::string& other) {
  for (const PaperValue& value : paper_values()) {
    if (value.table == table && value.model == model && value.data == data && value.column == column &&
        value.other == other) {
      return value.percent;
    }
  }
  return std::nullopt;
}

std::string paper_name(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> names{
      {"vae", "VAE"},
      {"gmm_vae", "GMM-VAE"},
      {"igebm", "IGEBM"},
      {"cebm", "CEBM"},
      {"cebmm", "CEBMM"},
      {"mnist", "MNIST"},
      {"fashion_mnist", "Fashion-MNIST"},
      {"emnist", "E-MNIST"},
      {"cifar10", "CIFAR-10"},
      {"svhn", "SVHN"},
      {"texture", "Texture"},
      {"constant", "Constant"},
      {"log_density", "log p(x)"},
      {"gradient_norm", "||grad log p(x)||"},
  };
  for (const auto& [registered, printed] : names) {
    if (registered == name) return printed;
  }
  return name;
}

}  // namespace cebm
