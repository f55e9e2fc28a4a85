// Holds the bias and the activation of one's own to the laws that all keep: laws --gtest_filter='*spins*:*mish*'
#include "spins.h"
#include "contract/rows.h"
#include "mish.h"

const cebm::Catalog& cebm::catalog() {
  static const Catalog mine = [] {
    Catalog all = catalog_with_spins();
    all.activations.add(mish_row());
    return all;
  }();
  return mine;
}
