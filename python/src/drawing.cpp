#include "drawing.h"

#include <cebm/errors.h>
#include <cebm/generation.h>
#include <cebm/image_io.h>
#include <cebm/sampling.h>

namespace cebm::python {

namespace {

using torch::Tensor;

/// Arguments of every drawing; those that were not given are empty.
struct ChainArguments {
  std::optional<std::int64_t> steps;
  std::optional<std::variant<std::string, Tensor>> init;
  std::uint64_t seed;
  std::filesystem::path data_root;
  std::optional<std::vector<std::string>> sampler;  ///< "alpha=0.1"
  std::vector<const PyRun*> compose;
};

struct SampleArguments {
  std::optional<std::int64_t> count;
  std::vector<std::int64_t> components;
  std::optional<Tensor> codes;
  std::int64_t joint_steps;
};

struct RestoreArguments {
  Tensor images;
  std::optional<Tensor> missing;
  std::optional<double> noise;
  std::optional<double> temperature;
  std::int64_t tries;
};

/// Throws ConfigError for an argument that nothing reads where a model draws without chains.
void refuse_chains(const ChainArguments& how, const SampleArguments& what) {
  const std::pair<const char*, bool> arguments[] = {
      {"steps", how.steps.has_value()},     {"init", how.init.has_value()},    {"codes", what.codes.has_value()},
      {"sampler", how.sampler.has_value()}, {"compose", !how.compose.empty()}, {"joint_steps", what.joint_steps != 0}};
  for (const auto& [name, given] : arguments) {
    if (given) throw ConfigError(std::string(name) + ": there are no chains in what is drawn here");
  }
}

/// The images as float32 on the CPU. Throws ConfigError for values that are not finite or in another range than
/// [-1, 1] with noise of that standard deviation (require_pixel_range).
Tensor exact_images(const Tensor& images, double noise, const std::string& name) {
  if (!images.is_floating_point()) {
    throw py::type_error(name + ": expected floating-point images, found " + describe(images));
  }
  Tensor exact = images.detach().to(torch::kCPU, torch::kFloat).contiguous();
  if (!exact.isfinite().all().item<bool>()) throw ConfigError(name + ": expected finite numbers");
  try {
    require_pixel_range(exact, noise, name);
  } catch (const DataError& cause) {
    throw ConfigError(cause.what());
  }
  return exact;
}

const Tensor& require_codes(const Tensor& codes) {
  if (codes.dim() == 2 && codes.size(0) > 0) return codes;
  throw ConfigError("codes: expected [N, K] with at least one row, found " + describe(codes));
}

/// The settings of the run's sampler with these changes, and the warnings that cebm-sample prints.
std::shared_ptr<const Choice<SamplerEntry>> sampler_of(const OpenedRun& run, const std::vector<std::string>& changed) {
  const auto settings = std::make_shared<Choice<SamplerEntry>>(sampler_settings(run));
  ConfigNode changes = parse_config("{}");
  apply_overrides(changes, changed, "sampler");
  if (changes.find("steps") != nullptr) {
    throw ConfigError("sampler: steps: the argument `steps` sets the number of steps");
  }
  read_options(changes, settings->options());
  for (const UnusedSetting& setting : unused_settings(changes, settings->options())) {
    warn(setting.describe(), WarnedCode::caller_of_package);
  }
  for (const std::string& note :
       {missing_adaptation(run, *settings), adapted_besides(run, *settings), why_chains_stand(run, *settings)}) {
    if (!note.empty()) warn(note, WarnedCode::caller_of_package);
  }
  return settings;
}

std::vector<std::shared_ptr<EnergyModel>> energies_of(const std::vector<const PyRun*>& runs, const PyRun& own) {
  std::vector<std::shared_ptr<EnergyModel>> energies;
  for (const PyRun* const run : runs) {
    const std::string name = "compose: " + run->directory().string();
    auto energy = std::dynamic_pointer_cast<EnergyModel>(run->model());
    if (!energy) throw ConfigError(name + ": its model has no energy");
    require_image_shape(*energy, own.model()->image_shape(), name + ": the images of the run");
    if (run->device() != own.device()) {
      throw ConfigError(name + ": expected a run on " + own.device().str() + ", found one on " + run->device().str());
    }
    energies.push_back(std::move(energy));
  }
  return energies;
}

SampleRequest request_of(const PyRun& run, const ChainArguments& how) {
  SampleRequest request;
  request.steps = how.steps.value_or(request.steps);
  request.seed = how.seed;
  request.data_root = how.data_root;
  request.others = energies_of(how.compose, run);
  request.sampler = sampler_of(run.run(), how.sampler.value_or(std::vector<std::string>()));
  if (!how.init) return request;
  if (const Tensor* const start = std::get_if<Tensor>(&*how.init)) {
    request.start = exact_images(*start, 0.0, "init");
  } else {
    request.init = std::get<std::string>(*how.init);
  }
  return request;
}

Tensor draw_chains(const PyRun& run, const SampleRequest& request) {
  const auto interruptible = [](std::uint64_t, std::uint64_t) { raise_if_interrupted(); };
  return draw_samples(run.run(), request, run.device(), interruptible).images;
}

Tensor sample(const PyRun& run, const SampleArguments& what, const ChainArguments& how) {
  const py::gil_scoped_release others_may_run;
  require_data_root(how.data_root);
  if (dynamic_cast<const Generator*>(run.model().get()) != nullptr) {
    refuse_chains(how, what);
    return draw_from_prior(run.run(), {what.count.value_or(GenerationRequest().count), what.components, how.seed},
                           run.device());
  }
  SampleRequest request = request_of(run, how);
  request.count = what.count;
  request.components = what.components;
  request.joint_steps = what.joint_steps;
  if (what.codes) request.codes = require_codes(*what.codes);
  if (what.joint_steps > 0) {
    const std::string note = joint_of_two_temperatures(run.run(), *request.sampler);
    if (!note.empty()) warn(note, WarnedCode::caller_of_package);
  }
  return draw_chains(run, request);
}

/// The mask as [1, 1 or C, H, W] of 0 and 1. Throws ConfigError if it is none, or if it holds or fills in all pixels.
Tensor free_pixels(const Tensor& missing, ImageShape image) {
  const std::string expected = "missing: expected a mask [" + std::to_string(image.height) + ", " +
                               std::to_string(image.width) + "] or [1 or " + std::to_string(image.channels) +
                               ", H, W] with 1 or True where a pixel is filled in, ";
  const Tensor mask = missing.dim() == 2 ? missing.unsqueeze(0) : missing;
  const bool fits = mask.dim() == 3 && (mask.size(0) == 1 || mask.size(0) == image.channels) &&
                    mask.size(1) == image.height && mask.size(2) == image.width;
  if (!fits) throw ConfigError(expected + "found " + describe(missing));
  const Tensor free = mask.detach().to(torch::kCPU, torch::kFloat).unsqueeze(0).contiguous();
  if (!free.eq(0).logical_or(free.eq(1)).all().item<bool>()) throw ConfigError(expected + "found other numbers");
  const auto filled = free.sum().item<double>();
  if (filled > 0.0 && filled < static_cast<double>(free.numel())) return free;
  throw ConfigError(expected + "and 0 or False where it is held, found only " + (filled > 0.0 ? "1" : "0"));
}

Restoration restoration_of(const PyRun& run, const RestoreArguments& what) {
  if (!what.missing && !what.noise) throw ConfigError("restore: expected `missing`, `noise` or both, found neither");
  if (what.temperature && !what.noise) throw ConfigError("temperature: has a meaning with `noise` alone");
  if (what.noise && !(*what.noise > 0.0 && std::isfinite(*what.noise))) {
    throw ConfigError("noise: expected a standard deviation above 0, found " + std::to_string(*what.noise));
  }
  if (what.tries < 1) throw ConfigError("tries: expected at least 1, found " + std::to_string(what.tries));
  const ImageShape image = run.model()->image_shape();
  const Tensor& images = what.images;
  if (images.dim() != 4 || images.size(0) == 0 || images.size(1) != image.channels || images.size(2) != image.height ||
      images.size(3) != image.width) {
    throw py::value_error("images: expected [N, C, H, W] of " + image.describe() + ", found " + describe(images));
  }
  Restoration restoration;
  restoration.images = exact_images(images, what.noise.value_or(0.0), "images");
  if (what.missing) restoration.free = free_pixels(*what.missing, image);
  restoration.sigma = what.noise.value_or(0.0);
  restoration.temperature = what.temperature;
  return restoration;
}

Tensor restore(const PyRun& run, const RestoreArguments& what, const ChainArguments& how) {
  const py::gil_scoped_release others_may_run;
  require_data_root(how.data_root);
  const Restoration restoration = restoration_of(run, what);
  SampleRequest request = request_of(run, how);
  request.restoration = restoration;
  request.count = what.tries;
  // As cebm-sample: the noisy image is the best available estimate of the clean one.
  if (what.noise && !how.init) request.start = restoration.images.repeat_interleave(what.tries, 0);
  return draw_chains(run, request).unflatten(0, {restoration.images.size(0), what.tries});
}

}  // namespace

std::string describe(const Tensor& x) {
  std::ostringstream text;
  text << x.scalar_type() << " " << x.sizes() << " on " << x.device();
  return text.str();
}

void bind_drawing(py::module_& module, py::class_<PyRun, PyModel>& run) {
  py::class_<ChainArguments>(module, "_Chains")
      .def(py::init([](std::optional<std::int64_t> steps, std::optional<std::variant<std::string, Tensor>> init,
                       std::uint64_t seed, std::filesystem::path data_root,
                       std::optional<std::vector<std::string>> sampler, std::vector<const PyRun*> compose) {
             return ChainArguments{
                 steps, std::move(init), seed, std::move(data_root), std::move(sampler), std::move(compose)};
           }),
           py::arg("steps"), py::arg("init"), py::arg("seed"), py::arg("data_root"), py::arg("sampler"),
           py::arg("compose"), py::keep_alive<1, 7>());
  run.def(
      "_sample",
      [](const PyRun& self, std::optional<std::int64_t> n, const std::vector<std::int64_t>& components,
         const std::optional<Tensor>& codes, std::int64_t joint_steps, const ChainArguments& chains) {
        return sample(self, {n, components, codes, joint_steps}, chains);
      },
      py::arg("n"), py::arg("components"), py::arg("codes"), py::arg("joint_steps"), py::arg("chains"));
  run.def(
      "_restore",
      [](const PyRun& self, const Tensor& images, const std::optional<Tensor>& missing, std::optional<double> noise,
         std::optional<double> temperature, std::int64_t tries, const ChainArguments& chains) {
        return restore(self, {images, missing, noise, temperature, tries}, chains);
      },
      py::arg("images"), py::arg("missing"), py::arg("noise"), py::arg("temperature"), py::arg("tries"),
      py::arg("chains"));
}

}  // namespace cebm::python
