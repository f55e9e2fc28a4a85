#include "kernels/cpu/instruction_sets.h"

#include <cebm/errors.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#ifdef CEBM_X86_KERNELS
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cebm::kernels::cpu {

extern const ConvKernels conv_generic;
#ifdef CEBM_X86_KERNELS
extern const ConvKernels conv_avx2;
extern const ConvKernels conv_avx512;
extern const ConvKernels conv_avx512_bf16;
extern const ConvKernels conv_amx;
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

#ifdef CEBM_X86_KERNELS
/// Whether processor and system let this process use AMX's tiles of bfloat16. Linux gives a process their registers,
/// 8 KiB for each thread, only when it asks for them.
bool may_use_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  const bool multiplies_bf16 = (d >> 22U & 1U) != 0;
  const bool has_tiles = (d >> 24U & 1U) != 0;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return multiplies_bf16 && has_tiles && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

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
    const bool bf16 = here.avx512 && __builtin_cpu_supports("avx512bf16") != 0;
    if (bf16 && may_use_amx()) kernels.push_back(&conv_amx);
    if (bf16) kernels.push_back(&conv_avx512_bf16);
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
