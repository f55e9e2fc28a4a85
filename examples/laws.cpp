// Runs the contract tests on a bias and an activation of one's own: laws --gtest_filter='*spins*:*mish*'
#include "contract/rows.h"
#include "mish.h"
#include "spins.h"

const cebm::Catalog& cebm::catalog() {
  static const Catalog mine = [] {
    Catalog all = catalog_with_spins();
    all.activations.add(mish_row());
    return all;
  }();
  return mine;
}
