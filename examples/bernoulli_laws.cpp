// Holds the bias of one's own to the laws that every bias keeps: bernoulli_laws --gtest_filter='*bernoulli*'
#include "bernoulli.h"
#include "contract/rows.h"

const cebm::Catalog& cebm::catalog() {
  static const Catalog mine = catalog_with_bernoulli();
  return mine;
}
