#include "model.h"

#include <cebm/columns.h>
#include <cebm/config.h>
#include <cebm/device.h>
#include <cebm/engine.h>
#include <cebm/errors.h>
#include <cebm/tiles.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/option_text.h"
#include "drawing.h"
#include "runs/weights_name.h"

namespace cebm::python {

namespace {

using torch::Tensor;

/// Returns its second argument, computed without a graph; the backward pass sends the gradient to the first argument,
/// the same quantity with a graph.
class Substituted final : public torch::autograd::Function<Substituted> {
 public:
  static Tensor forward(torch::autograd::AutogradContext*, const Tensor&, const Tensor& value) { return value.clone(); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0], Tensor()};
  }
};

py::dict tensors_of(const PyModel& model) {
  py::dict tensors;
  for (const auto& entry : model.model()->named_parameters()) tensors[entry.key().c_str()] = entry.value();
  for (const auto& entry : model.model()->named_buffers()) tensors[entry.key().c_str()] = entry.value();
  return tensors;
}

/// Throws ConfigError for pixels outside [0, 1], which a Bernoulli likelihood takes without a word. In [-1, 1] nothing
/// is checked: chains may leave it.
void require_unit_pixels(const char* what, const Tensor& x) {
  const torch::NoGradGuard no_graph;
  const auto lowest = x.detach().min().item<double>();
  const auto highest = x.detach().max().item<double>();
  if (lowest >= 0.0 && highest <= 1.0) return;
  throw ConfigError(std::string(what) + ": expected pixels in [0, 1], this model's pixel_range, found " +
                    number_text(lowest) + " .. " + number_text(highest) +
                    "; a data set's floats(range=model.pixel_range) gives them");
}

}  // namespace

void PyModel::require_images(const char* what, const Tensor& x) const {
  const ImageShape image = model_->image_shape();
  const std::string expected = std::string(what) + ": expected float32 images [B, " + std::to_string(image.channels) +
                               ", " + std::to_string(image.height) + ", " + std::to_string(image.width) + "] on " +
                               device_.str() + ", found ";
  if (x.scalar_type() != torch::kFloat) throw py::type_error(expected + describe(x));
  const bool fits = x.dim() == 4 && x.size(0) > 0 && x.size(1) == image.channels && x.size(2) == image.height &&
                    x.size(3) == image.width;
  if (!fits || x.device() != device_ || x.layout() != torch::kStrided) throw py::value_error(expected + describe(x));
  if (model_->pixel_range() == PixelRange::unit) require_unit_pixels(what, x);
}

bool PyModel::wants_graph(const Tensor& x) const {
  if (!torch::GradMode::is_enabled()) return false;
  if (x.requires_grad()) return true;
  const std::vector<Tensor> parameters = model_->parameters();
  return std::ranges::any_of(parameters, [](const Tensor& parameter) { return parameter.requires_grad(); });
}

Tensor PyModel::with_graph(const Tensor& x, const Compute& value, const Compute& graph) const {
  const bool recorded = wants_graph(x);
  Tensor computed;
  {
    const torch::NoGradGuard no_graph;
    computed = value().to(device_);
  }
  return recorded ? Substituted::apply(graph(), computed) : computed;
}

template <class Capability>
Capability& PyModel::as(const char* what) const {
  auto* const capable = dynamic_cast<Capability*>(model_.get());
  if (capable == nullptr) throw ConfigError(std::string("this run's model has no ") + what);
  return *capable;
}

Tensor PyModel::column(const std::string& name, const Tensor& x, std::int64_t first) const {
  require_images(name.c_str(), x);
  if (first < 0) throw ConfigError(name + ": expected a first place of 0 or more, found " + std::to_string(first));
  if (name == "untrained_latent" || name == "refinement") {
    throw ConfigError(name + ": cebm-eval computes it, which knows the run's sampler and initial weights");
  }
  const torch::NoGradGuard no_graph;
  ColumnSource source(*model_);
  return compute_column(find_column(name), source, x.contiguous(), first);
}

Tensor PyModel::energy(const Tensor& x) const {
  auto& model = as<EnergyModel>("energy");
  return with_graph(
      x, [&] { return column("energy", x, 0); }, [&] { return model.energy(x); });
}

Tensor PyModel::input_gradient(const Tensor& x) const {
  auto& model = as<EnergyModel>("energy");
  require_images("input_gradient", x);
  const torch::NoGradGuard no_graph;
  return make_engine(model, device_)->gradient(x.contiguous());
}

Tensor PyModel::latent(const Tensor& x) const {
  return with_graph(
      x, [&] { return column("latent", x, 0); }, [&] { return model_->latent(x); });
}

Tensor PyModel::log_density(const Tensor& x) const {
  auto& model = as<Density>("log_density");
  return with_graph(
      x, [&] { return column("log_density", x, 0); }, [&] { return model.log_density(x); });
}

Tensor PyModel::statistics(const Tensor& x) const {
  auto& model = as<Cebm>("statistics");
  require_images("statistics", x);
  const auto value = [&] {
    return map_rows(make_engine(model, device_)->outputs(x.contiguous()),
                    [&](const Tensor& outputs, std::int64_t) { return model.statistics_of(outputs); });
  };
  return with_graph(x, value, [&] { return model.statistics(x); });
}

Posterior PyModel::posterior(const Tensor& x) const {
  auto& model = as<LatentModel>("posterior");
  require_images("posterior", x);
  Posterior posterior;
  {
    const torch::AutoGradMode record(wants_graph(x));
    posterior.distribution = model.posterior(x);
  }
  const LatentDistribution& q = posterior.distribution;
  const auto moment = [&](const char* name, auto of_distribution) {
    return with_graph(
        x, [&] { return column(name, x, 0); }, [&] { return of_distribution(q); });
  };
  posterior.responsibilities =
      moment("responsibilities", [](const LatentDistribution& of) { return of.responsibilities(); });
  posterior.mean = moment("latent", [](const LatentDistribution& of) { return of.component_mean(); });
  posterior.variance = moment("latent_variance", [](const LatentDistribution& of) { return of.component_variance(); });
  posterior.mixture_mean = moment("latent_mean", [](const LatentDistribution& of) { return of.mean(); });
  return posterior;
}

namespace {

using ReleaseGil = py::call_guard<py::gil_scoped_release>;

std::unique_ptr<PyRun> open(const std::filesystem::path& directory, const std::string& device,
                            const std::string& weights) {
  const Weights chosen = weights_named(weights);
  const torch::Device where = parse_device(device);
  OpenedRun run = open_run(directory, catalog(), where, chosen);
  for (torch::Tensor& parameter : run.model->parameters()) parameter.set_requires_grad(false);
  return std::make_unique<PyRun>(std::move(run), directory, where);
}

}  // namespace

void bind_model(py::module_& module) {
  py::class_<Posterior>(module, "Posterior",
                        "p(z | x) of B images: a mixture of L distributions of an exponential family over K numbers.")
      .def_property_readonly(
          "family", [](const Posterior& q) { return q.distribution.family->name(); }, "Name of the family.")
      .def_property_readonly(
          "natural", [](const Posterior& q) { return q.distribution.natural; },
          "Natural parameters, [B, L, P, K] with P statistics.")
      .def_property_readonly(
          "log_weights", [](const Posterior& q) { return q.distribution.log_weights; }, "[B, L], normalised.")
      .def_readonly("responsibilities", &Posterior::responsibilities, "p(y = l | x), [B, L].")
      .def_readonly("mean", &Posterior::mean, "E[z] of the most responsible component, [B, K]: the latent code.")
      .def_readonly("variance", &Posterior::variance, "Var[z] of the most responsible component, [B, K].")
      .def_readonly("mixture_mean", &Posterior::mixture_mean, "E[z] of the whole mixture, [B, K].")
      .def(
          "log_prob", [](const Posterior& q, const Tensor& z) { return q.distribution.log_prob(z); }, py::arg("z"),
          "log p(z | x): z [..., B, K] -> [..., B].")
      .def(
          "sample",
          [](const Posterior& q, std::uint64_t seed) {
            return q.distribution.sample({seed, Stream::evaluation, 0});
          },
          py::arg("seed") = 1, "One draw for each image, [B, K].");

  py::class_<PyModel>(module, "Model",
                      "A model. Images are float32 [B, C, H, W] on the model's device, in its pixel_range: [-1, 1] "
                      "for energy-based models. ConfigError for images outside it where it is [0, 1].")
      .def("energy", &PyModel::energy, py::arg("x"), ReleaseGil(),
           "E(x), [B]; low energy means high density. Twice differentiable.")
      .def("input_gradient", &PyModel::input_gradient, py::arg("x"), ReleaseGil(),
           "dE/dx by the closed form, [B, C, H, W], without a graph.")
      .def("latent", &PyModel::latent, py::arg("x"), ReleaseGil(),
           "The latent code, [B, K]: the posterior's mean; IGEBM: its features. Differentiable.")
      .def("posterior", &PyModel::posterior, py::arg("x"), ReleaseGil(), "p(z | x), VAEs q(z | x). Differentiable.")
      .def("statistics", &PyModel::statistics, py::arg("x"), ReleaseGil(),
           "t(x) of a conjugate model: [B, S, P, K], S 1 or the components, P statistics a dimension. Differentiable.")
      .def("log_density", &PyModel::log_density, py::arg("x"), ReleaseGil(),
           "log p(x) up to a constant, [B]: -E(x); VAEs: the importance-weighted bound. Differentiable.")
      .def(
          "column", &PyModel::column, py::arg("name"), py::arg("x"), py::arg("first") = 0, ReleaseGil(),
          "A per-image quantity of cebm-eval by its name (cebm.column_names), [B] or [B, D] on the CPU. `first` is the "
          "place of the first image in its set, for quantities that draw random numbers.")
      .def("state_dict", &tensors_of, "Parameters and buffers by name. The tensors are the model's own, not copies.")
      .def(
          "parameters", [](const PyModel& model) { return model.model()->parameters(); },
          "The model's own parameters, for an optimiser of PyTorch.")
      .def(
          "requires_grad_",
          [](py::object self, bool requires_grad) {
            for (Tensor& parameter : self.cast<PyModel&>().model()->parameters()) {
              parameter.set_requires_grad(requires_grad);
            }
            return self;
          },
          py::arg("requires_grad") = true, "Whether gradients with respect to the weights are recorded.")
      .def_property_readonly(
          "image_shape",
          [](const PyModel& model) {
            const ImageShape image = model.model()->image_shape();
            return py::make_tuple(image.channels, image.height, image.width);
          },
          "(channels, height, width).")
      .def_property_readonly(
          "pixel_range",
          [](const PyModel& model) {
            return model.model()->pixel_range() == PixelRange::symmetric ? py::make_tuple(-1.0, 1.0)
                                                                         : py::make_tuple(0.0, 1.0);
          },
          "Range of its images' pixels, (lowest, highest).")
      .def_property_readonly("device", [](const PyModel& model) { return py::cast(model.device()); });

  py::class_<PyRun, PyModel> bound_run(module, "Run", "A training's newest checkpoint. Made by cebm.open_run().");
  bound_run.def_property_readonly("directory", &PyRun::directory)
      .def_property_readonly("step", [](const PyRun& run) { return run.run().checkpoint.step; })
      .def_property_readonly(
          "averaged", [](const PyRun& run) { return run.run().averaged; },
          "Whether the weights are the moving average of the training's.")
      .def_property_readonly(
          "config", [](const PyRun& run) { return Config::parse(dump_options(*run.run().config)); },
          "The configuration of the training.")
      .def_property_readonly("name", [](const PyRun& run) { return run.run().config->model.name(); })
      .def("__repr__", [](const PyRun& run) {
        return "<cebm.Run " + run.run().config->model.name() + " of " + run.directory().string() + " at step " +
               std::to_string(run.run().checkpoint.step) + ">";
      });
  bind_drawing(module, bound_run);
  module.def("_open_run", &open, py::arg("directory"), py::arg("device"), py::arg("weights"), ReleaseGil());
  module.def("column_names", &column_names, "Names of all per-image quantities.");
}

}  // namespace cebm::python
