#include "kernels/cpu/instruction_sets.h"

#include <cebm/errors.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace cebm::kernels::cpu {

extern const ConvKernels conv_generic;
#ifdef CEBM_X86_KERNELS
extern const ConvKernels conv_avx2;
extern const ConvKernels conv_avx512;
extern const ConvKernels conv_avx512_bf16;
#endif

namespace {

/// Letters and digits alone, in lower case.
std::string plain(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) continue;
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

}  // namespace

Processor this_processor() {
  Processor found;
#ifdef CEBM_X86_KERNELS
  __builtin_cpu_init();  // needed if called before the program's constructors have run
  found.intel = __builtin_cpu_is("intel") != 0;
  found.avx2 = __builtin_cpu_supports("x86-64-v3") != 0;
  found.avx512 = __builtin_cpu_supports("x86-64-v4") != 0;
#endif
  return found;
}

const std::vector<const ConvKernels*>& available_conv_kernels() {
  static const std::vector<const ConvKernels*> found = [] {
    std::vector<const ConvKernels*> kernels;
#ifdef CEBM_X86_KERNELS
    const Processor here = this_processor();
    if (here.avx512 && __builtin_cpu_supports("avx512bf16") != 0) kernels.push_back(&conv_avx512_bf16);
    if (here.avx512) kernels.push_back(&conv_avx512);
    if (here.avx2) kernels.push_back(&conv_avx2);
#endif
    kernels.push_back(&conv_generic);
    return kernels;
  }();
  return found;
}

const ConvKernels& chosen_conv_kernels() {
  const auto& available = available_conv_kernels();
  const char* const name = std::getenv("CEBM_KERNELS");
  if (name == nullptr || *name == '\0') return *available.front();
  const auto named = [&](const ConvKernels* kernels) { return plain(kernels->name) == plain(name); };
  const auto found = std::find_if(available.begin(), available.end(), named);
  if (found != available.end()) return **found;
  std::string names;
  for (const ConvKernels* kernels : available) names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  throw ConfigError("CEBM_KERNELS: expected an instruction set of this processor (" + names + "), found '" + name +
                    "'");
}

}  // namespace cebm::kernels::cpu
