// cebm-train with a bias of its own:
//   bernoulli_bias --config fashion_mnist_cebm_quick.yaml --set model.bias=bernoulli
#include <cebm/programs.h>

#include "bernoulli.h"

int main(int argc, char** argv) { return cebm::train_main(argc, argv, catalog_with_bernoulli()); }
