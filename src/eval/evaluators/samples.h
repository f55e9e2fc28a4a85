// How near a model's samples are to the images of its data set.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <memory>

namespace cebm {

/// Compares samples with the test images (sample_quality.h): for an energy-based model the images of its replay buffer
/// and fresh chains of the run's sampler, for a generator draws from its prior; all clamped to [-1, 1]. The same number
/// of training images, or fewer where there are not as many, is compared with the test images too, as the best that
/// samples can be expected to reach.
///
/// The feature space is that of a small classifier, which is trained on the set's training split and kept in
/// EvaluatorContext::cache for all runs on that set, or of principal components of the pixels.
///
/// With `validation` so many training images (split_for_validation) stand in for the test images, which are not read;
/// everything else that is of training images is of the remaining ones.
///
/// Returns a SamplesResult (samples_result.h) and writes samples_<source>.png, and class_shares.svg where there is a
/// classifier. Throws ConfigError if the model draws no images; DataError for a set without labels unless features are
/// pca, and for a validation that leaves no training image.
std::shared_ptr<Evaluator> make_samples(const SamplesOptions& options, const EvaluatorContext& context);

/// A table of the qualities, where the samples came from, and the figures.
void samples_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
