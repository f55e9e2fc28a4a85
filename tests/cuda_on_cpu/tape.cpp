#include "cuda_on_cpu/tape.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cebm {

namespace {

constexpr auto kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

struct Operation {
  c10::OperatorHandle what;
  torch::jit::Stack arguments;
  torch::jit::Stack results;
};

using Tape = std::vector<Operation>;
thread_local std::shared_ptr<Tape> tape;

/// Every operation comes here while the key is included; those that it consists of do not.
void write_down(const c10::OperatorHandle& what, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard without(kKey);
  const auto count = static_cast<std::ptrdiff_t>(what.schema().arguments().size());
  torch::jit::Stack arguments(stack->end() - count, stack->end());
  what.callBoxed(stack);
  const auto returned = static_cast<std::ptrdiff_t>(what.schema().returns().size());
  torch::jit::Stack results(stack->end() - returned, stack->end());
  for (const c10::IValue& result : results) {
    if (!result.isTensor() && !result.isTensorList()) {
      throw std::runtime_error("operation not permitted when stream is capturing: " + toString(what.operator_name()));
    }
  }
  if (tape) tape->push_back({what, std::move(arguments), std::move(results)});
}

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&write_down>());
}

/// Views and operations in place give the same memory again.
void overwrite(const torch::Tensor& recorded, const torch::Tensor& now) {
  if (!recorded.defined() || recorded.const_data_ptr() == now.const_data_ptr()) return;
  recorded.detach().copy_(now);
}

void replay(const Tape& operations) {
  const torch::NoGradGuard no_graph;
  for (const Operation& one : operations) {
    torch::jit::Stack stack = one.arguments;
    one.what.callBoxed(stack);
    for (std::size_t r = 0; r < stack.size(); ++r) {
      if (one.results[r].isTensor()) {
        overwrite(one.results[r].toTensor(), stack[r].toTensor());
        continue;
      }
      const auto recorded = one.results[r].toTensorVector();
      const auto now = stack[r].toTensorVector();
      for (std::size_t t = 0; t < recorded.size(); ++t) overwrite(recorded[t], now[t]);
    }
  }
}

}  // namespace

WorkDevice tape_on_cpu() {
  return {.run = [](const Work& work) { work(); },
          .record = [](const Work& work) -> Work {
            const auto recorded = std::make_shared<Tape>();
            {
              const c10::impl::IncludeDispatchKeyGuard with(kKey);
              tape = recorded;
              try {
                work();
              } catch (...) {
                tape.reset();
                throw;
              }
              tape.reset();
            }
            return [recorded] { replay(*recorded); };
          }};
}

}  // namespace cebm
