#include "eval/tables/percent.h"

#include <cstdio>

namespace cebm {

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", percent);
  return text;
}

}  // namespace cebm
