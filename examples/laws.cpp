// Holds the bias and the activation of one's own to the laws that all keep: laws --gtest_filter='*bernoulli*:*mish*'
#include "bernoulli.h"
#include "contract/rows.h"
#include "mish.h"

const cebm::Catalog& cebm::catalog() {
  static const Catalog mine = [] {
    Catalog all = catalog_with_bernoulli();
    all.activations.add(mish_row());
    return all;
  }();
  return mine;
}
