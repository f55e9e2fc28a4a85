// Trains a CEBM with options set in C++, without YAML: typed_training DIRECTORY
#include <cebm/cebm.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: typed_training DIRECTORY\n", 2;
  const cebm::Catalog catalog;
  cebm::RunConfig config(catalog);  // Fashion-MNIST

  auto& model = config.model.as<cebm::CebmOptions>();
  model.latent_dim = 64;
  auto& cnn = model.encoder.as<cebm::CnnOptions>();
  cnn.channels = {16, 32, 32};
  cnn.kernels = {3, 4, 4};
  cnn.strides = {1, 2, 2};
  cnn.paddings = {1, 1, 1};

  auto& objective = config.objective.as<cebm::PcdOptions>();
  objective.contrast.energy_l2 = 0.005;
  auto& sampler = objective.chains.as<cebm::SgldOptions>();
  sampler.steps = 10;
  sampler.alpha = 2.0;
  sampler.noise = cebm::NoiseScale::fixed;
  sampler.noise_std = 0.0075;

  config.train.steps = 20;
  config.train.batch_size = 32;
  config.train.log_every = 10;

  cebm::TrainCallbacks callbacks;
  callbacks.on_metrics = [](const cebm::MetricsRow& row) {
    std::cout << "step " << row.step;
    for (const auto& [name, value] : row.shown) std::cout << "  " << name << " " << value;
    std::cout << "\n";
  };
  cebm::train(config, {.directory = argv[1], .data = {}}, callbacks);
}
