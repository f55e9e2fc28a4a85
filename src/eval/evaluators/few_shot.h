// How well a linear classifier does on latent codes with few labels (paper, Section 5.2 and Table 1).
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// The spaces that serve as baselines.
inline constexpr const char* kUntrained = "untrained_latent";
inline constexpr const char* kPixelViews = "pixels_of_views";

/// Fits one-vs-rest logistic regression (logistic_regression.h) to labelled training images and scores it on the whole
/// test set: for each number of labels per class over several draws (label_draws.h), and once for all labels. Spaces:
/// the model's code; as baselines the pixels in [0, 1] and the code of the untrained network; on request also pixels
/// with views of the labelled images as further training data. Features are used as they are, standardised by the
/// training images (feature_scale.h), or both. Choices should be scored on `validation` training images instead of the
/// test set: the last of a permutation by seed, which are then not fitted to.
///
/// Returns a FewShotResult (few_shot_result.h). Writes few_shot.svg, and draws.npy [draws, classes, labels] if asked
/// to. Throws DataError for too few labels in a class, ConfigError if the model does not have the code.
std::shared_ptr<Evaluator> make_few_shot(const FewShotOptions& options, const EvaluatorContext& context);

/// A table of accuracies beside the paper's, and the chart.
void few_shot_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
