// Writing of caches, which an evaluation can do without: the run's folder may be read-only, its disk full.
#pragma once

#include <cebm/errors.h>

#include <string>

#include "eval/run/reading.h"

namespace cebm {

class CacheWriting {
 public:
  /// `plan` must outlive it.
  explicit CacheWriting(const EvaluationPlan& plan) : plan_(plan) {}

  /// Calls write(). After the first IoError, of which it warns, it calls nothing any more.
  template <class Write>
  void attempt(const Write& write) {
    if (failed_) return;
    try {
      write();
    } catch (const IoError& error) {
      failed_ = true;
      say(plan_, std::string("warning: what is computed is not kept for later evaluations: ") + error.what());
    }
  }

 private:
  const EvaluationPlan& plan_;
  bool failed_ = false;
};

}  // namespace cebm
