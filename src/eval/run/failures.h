// Errors of single evaluations, recorded so that the others continue.
#pragma once

#include <c10/util/Exception.h>
#include <cebm/evaluation.h>

#include <exception>
#include <string>
#include <vector>

namespace cebm {

class Failures {
 public:
  /// Unless `keep_going` is set, errors propagate and none is recorded.
  Failures(const std::vector<Evaluation>& evaluations, bool keep_going)
      : evaluations_(evaluations), keep_going_(keep_going), messages_(evaluations.size()) {}

  /// Runs a step of one evaluation and records its error.
  template <class Step>
  void attempt(std::size_t evaluation, const Step& step) {
    if (!keep_going_) return step();
    try {
      step();
    } catch (const c10::Error& error) {
      note(evaluation, error.what_without_backtrace());
    } catch (const std::exception& error) {
      note(evaluation, error.what());
    }
  }

  bool has(std::size_t evaluation) const { return !messages_[evaluation].empty(); }
  /// "<name>: <error>" by evaluation, empty for those that have not failed.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  void note(std::size_t evaluation, const std::string& message) {
    const std::string name = evaluations_[evaluation].name + ": ";
    messages_[evaluation] = message.starts_with(name) ? message : name + message;
  }

  const std::vector<Evaluation>& evaluations_;
  bool keep_going_;
  std::vector<std::string> messages_;
};

}  // namespace cebm
