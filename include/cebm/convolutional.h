/// The typed description of a stack of convolutions and fully connected layers, shared by encoders and decoders.
#pragma once

#include <cebm/activation.h>
#include <cebm/options.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// Layer i has channels[i], kernels[i], strides[i] and paddings[i], square in both directions. Lists have one entry per
/// layer; channels that the task implies (a decoder's last) are left out.
struct ConvolutionalOptions : Options {
  ConvolutionalOptions() = default;
  explicit ConvolutionalOptions(const Catalog& catalog) : activation(catalog) {}

  std::vector<std::int64_t> channels{32, 32, 64, 64};
  std::vector<std::int64_t> kernels{3, 4, 4, 4};
  std::vector<std::int64_t> strides{1, 2, 2, 2};
  std::vector<std::int64_t> paddings{1, 1, 1, 1};
  Activation activation;
  std::vector<std::int64_t> hidden;  ///< widths of the hidden fully connected layers, may be empty
  std::string hidden_activation = "same";

  void fields(Fields& visit) override { fields(visit, !hidden.empty()); }
  /// The same; `has_dense` says whether any fully connected layer, hidden or not, uses hidden_activation.
  void fields(Fields& visit, bool has_dense);
  /// The activation named by hidden_activation; `activation` for "same". Throws ConfigError for an unknown name.
  Activation activation_of_hidden() const;
};

}  // namespace cebm
