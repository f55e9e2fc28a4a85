/// The programs cebm-train, cebm-sample, cebm-eval and cebm-data for any catalog: a program that adds its own rows has
/// the same flags, logging, progress, signals and exit codes. Target cebm::programs.
///
///   int main(int argc, char** argv) {
///     cebm::Catalog catalog;
///     catalog.biases.add(...);
///     return cebm::train_main(argc, argv, catalog);
///   }
#pragma once

#include <cebm/catalog.h>

namespace cebm {

/// Each returns the exit code: 0 done, 1 failure while running, 2 bad usage or configuration, 3 diverged,
/// 129/130/143 stopped by a signal after saving.
int train_main(int argc, char** argv, const Catalog& catalog = {});
int sample_main(int argc, char** argv, const Catalog& catalog = {});
int eval_main(int argc, char** argv, const Catalog& catalog = {});
int data_main(int argc, char** argv, const Catalog& catalog = {});

/// Ends the process with this exit code after flushing its output, without the destructors of global objects:
/// LibTorch's take 0.1 to 0.2 s, a third of the time of `cebm-train --help`, and free what the system frees anyway.
[[noreturn]] void end_program(int code);

}  // namespace cebm
