#include <cebm/convolutional.h>

namespace cebm {

void ConvolutionalOptions::fields(Fields& visit, bool has_dense) {
  visit.integers("channels", channels, {1, 65536}, "output channels of each convolution");
  visit.integers("kernels", kernels, {1, 64}, "kernel sizes");
  visit.integers("strides", strides, {1, 64}, "strides");
  visit.integers("paddings", paddings, {0, 63}, "zero padding on each side");
  const bool leaky = activation.has_slope();
  const bool leaky_hidden = has_dense && activation_of_hidden().has_slope();
  activation.fields(visit, {leaky || leaky_hidden, "activation or hidden_activation: leaky_relu"});
  visit.integers("hidden", hidden, {1, 65536}, "widths of the hidden fully connected layers, may be empty");
  std::vector<std::string> allowed{"same"};
  for (const ActivationEntry& row : activation.registry().rows()) allowed.push_back(row.name);
  visit.when({has_dense, "hidden fully connected layers"}, [&] {
    visit.word("hidden_activation", hidden_activation, allowed,
               "non-linearity of the hidden fully connected layers; same: the convolutions'");
  });
}

Activation ConvolutionalOptions::activation_of_hidden() const {
  return hidden_activation == "same" ? activation : activation.with(hidden_activation);
}

}  // namespace cebm
