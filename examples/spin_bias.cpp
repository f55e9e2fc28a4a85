// cebm-train, cebm-eval and cebm-sample with a bias of their own:
//   spin_bias train --config fashion_mnist_cebm_quick.yaml --set model.bias=spins
#include <cebm/programs.h>

#include <iostream>
#include <map>
#include <string_view>

#include "spins.h"

int main(int argc, char** argv) {
  const std::map<std::string_view, int (*)(int, char**, const cebm::Catalog&)> programs{
      {"train", cebm::train_main}, {"eval", cebm::eval_main}, {"sample", cebm::sample_main}};
  const auto program = argc > 1 ? programs.find(argv[1]) : programs.end();
  if (program == programs.end()) {
    std::cerr << "usage: spin_bias train|eval|sample [flags of cebm-train, cebm-eval or cebm-sample]\n";
    return 2;
  }
  return program->second(argc - 1, argv + 1, catalog_with_spins());
}
