// A model in Python: values as the programs compute them, with autograd graphs where they are wanted.
#pragma once

#include <cebm/latent_distribution.h>
#include <cebm/model.h>
#include <cebm/run.h>

#include <functional>
#include <memory>
#include <string>

#include "config.h"
#include "module.h"

namespace cebm::python {

/// p(z | x) of B images. `distribution` is computed by differentiable LibTorch operations; the moments are the
/// programs', bit for bit.
struct Posterior {
  LatentDistribution distribution;
  torch::Tensor responsibilities;  ///< [B, L]
  torch::Tensor mean;              ///< of the most responsible component, [B, K]
  torch::Tensor variance;          ///< [B, K]
  torch::Tensor mixture_mean;      ///< [B, K]
};

/// Every function takes float32 images [B, C, H, W] on the model's device and throws py::value_error or py::type_error
/// for anything else. Results have a graph if gradients are recorded and the images or the weights require them.
class PyModel {
 public:
  PyModel(std::shared_ptr<Model> model, torch::Device device) : model_(std::move(model)), device_(device) {}

  const std::shared_ptr<Model>& model() const { return model_; }
  torch::Device device() const { return device_; }

  torch::Tensor energy(const torch::Tensor& x) const;
  torch::Tensor input_gradient(const torch::Tensor& x) const;
  torch::Tensor latent(const torch::Tensor& x) const;
  torch::Tensor statistics(const torch::Tensor& x) const;
  torch::Tensor log_density(const torch::Tensor& x) const;
  Posterior posterior(const torch::Tensor& x) const;
  /// A column of cebm-eval (columns.h), on the CPU; `first` is the place of the first image in its set.
  torch::Tensor column(const std::string& name, const torch::Tensor& x, std::int64_t first) const;

 private:
  using Compute = std::function<torch::Tensor()>;
  void require_images(const char* what, const torch::Tensor& x) const;
  bool wants_graph(const torch::Tensor& x) const;
  /// Returns value(), which is the programs' bit for bit. If a graph is wanted, its backward pass is that of graph().
  torch::Tensor with_graph(const torch::Tensor& x, const Compute& value, const Compute& graph) const;
  template <class Capability>
  Capability& as(const char* what) const;

  std::shared_ptr<Model> model_;
  torch::Device device_;
};

/// The newest checkpoint of a run, as an opened model.
class PyRun final : public PyModel {
 public:
  PyRun(OpenedRun run, std::filesystem::path directory, torch::Device device)
      : PyModel(run.model, device), run_(std::move(run)), directory_(std::move(directory)) {}

  const OpenedRun& run() const { return run_; }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  OpenedRun run_;
  std::filesystem::path directory_;
};

}  // namespace cebm::python
