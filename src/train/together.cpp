#include "train/together.h"

#include <cebm/errors.h>

#include <charconv>

#include "base/option_text.h"

namespace cebm {

void lead_writes(Ranks& ranks, const std::function<void()>& write) {
  if (ranks.alone()) return write();
  std::string failure;
  try {
    if (ranks.leads()) write();
  } catch (const IoError& cause) {
    failure = cause.what();
  }
  failure = ranks.texts(failure).front();
  if (!failure.empty()) throw IoError(failure);
}

std::optional<Finding> any_finding(Ranks& ranks, const std::optional<Finding>& own) {
  if (ranks.alone()) return own;
  // As text, since the value need not be finite. A finding in a checkpoint's tensors has neither limit nor advice.
  const std::string found = own ? number_text(own->value) + " " + own->quantity : "";
  for (const std::string& text : ranks.texts(found)) {
    if (text.empty()) continue;
    const std::size_t space = text.find(' ');
    double value = 0.0;
    std::from_chars(text.data(), text.data() + space, value);
    return Finding{text.substr(space + 1), value};
  }
  return std::nullopt;
}

}  // namespace cebm
