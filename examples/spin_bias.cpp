// cebm-train with a bias of its own:
//   spin_bias --config fashion_mnist_cebm_quick.yaml --set model.bias=spins
#include <cebm/programs.h>

#include "spins.h"

int main(int argc, char** argv) { return cebm::train_main(argc, argv, catalog_with_spins()); }
