// How well a model's scores tell images of its own data set from others (paper, Section 5.3 and Appendix G).
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// Scores the images of the run's data set and of other sets; the higher, the more like the training data:
///   log_density    log p(x) up to a constant, -E(x); VAEs: the importance-weighted bound
///   gradient_norm  -|| d log p(x) / dx || (Grathwohl et al. 2019)
///   typicality     -| log p(x) - its mean over the training set |
///   confidence     max p(y | x), of models whose bias has components (Hendrycks and Gimpel 2017; Grathwohl et al.)
///   refinement     -(log p after some steps of the run's sampler - log p before): images of the training
///                  distribution have the least to gain
/// In-distribution is the positive class. A set that the options name must be available and must not repeat the images
/// of the run's set or of another one; a default set that fails this is reported as missing.
///
/// Returns an OodResult (ood_result.h), and writes histogram_<score>.svg and the scores themselves, <score>_in.npy and
/// <score>_<set>.npy.
/// Throws ConfigError if the model does not have a score.
std::shared_ptr<Evaluator> make_ood(const OodOptions& options, const EvaluatorContext& context);

/// Names of all scores.
std::vector<std::string> ood_scores();

/// A table of the metrics beside the paper's AUROC, the sets that are missing, and the histograms.
void ood_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
