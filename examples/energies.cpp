// Energies and latent codes of test images under a trained model: energies RUN
#include <cebm/cebm.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: energies RUN\n", 2;
  const cebm::Catalog catalog;
  const cebm::OpenedRun run = cebm::open_run(argv[1], catalog, torch::kCPU);
  const auto test = run.config->data.build(cebm::DataContext{.split = "test", .image = run.model->image_shape()});
  const torch::Tensor x = cebm::to_float(test->images.narrow(0, 0, 5));
  auto& model = dynamic_cast<cebm::EnergyModel&>(*run.model);
  std::cout << "E(x):\n" << model.energy(x) << "\n";
  std::cout << "E[z | x], first four dimensions:\n" << run.model->latent(x).narrow(1, 0, 4) << "\n";
}
