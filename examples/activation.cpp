// cebm-train with an activation of its own:
//   activation --config fashion_mnist_cebm_quick.yaml --set model.encoder.activation=mish
#include <cebm/programs.h>

#include "mish.h"

int main(int argc, char** argv) {
  cebm::Catalog catalog;
  catalog.activations.add(mish_row());
  return cebm::train_main(argc, argv, catalog);
}
