#include "parts.h"

#include <ATen/ATen.h>
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/objective.h>
#include <cebm/run.h>
#include <cebm/safetensors.h>
#include <cebm/sampler.h>

#include <cstdio>
#include <limits>
#include <memory>

#include "kernels/cuda/runtime.h"

namespace bench {

namespace {

using namespace cebm;

/// A model as its configuration builds it, with what trains it.
struct Case {
  explicit Case(const Setting& setting) : config(catalog) {
    const std::vector<std::string> overrides{"sampler.precision=" + std::string(name_of(setting.precision)),
                                             "sampler.steps=" + std::to_string(setting.steps),
                                             "train.batch_size=" + std::to_string(setting.batch)};
    read_options(load_config(find_config(setting.subject.config), overrides), config);
    model = std::dynamic_pointer_cast<EnergyModel>(config.model.build(ModelContext{setting.subject.image, 1}));
    if (!model) throw ConfigError(std::string(setting.subject.config) + ": expected an energy-based model");
    model->to(setting.device);
    sampler = config.sampler().build();
    engine = make_engine(*model, setting.device, setting.precision);
  }

  Catalog catalog;
  RunConfig config;
  std::shared_ptr<EnergyModel> model;
  std::shared_ptr<Sampler> sampler;
  std::unique_ptr<Engine> engine;
};

Chains chains_of(const Setting& setting) {
  return noise_chains(setting.batch, setting.subject.image, /*seed=*/1, setting.device);
}

void synchronize(const Setting& setting) {
  // Reading a number waits for the device.
  if (setting.device.is_cuda()) at::zeros({1}, setting.device).item<float>();
}

std::string describe(const Setting& setting, const std::string& engine) {
  return std::string(setting.subject.name) + ", batch " + std::to_string(setting.batch) + ", " + engine;
}

/// Multiplications and additions of a forward and a backward pass over one image, as a textbook counts them.
double operations_per_image(const EnergyModel& model, ImageShape image) {
  const auto plan = model.plan();
  if (!plan) return 0.0;
  double products = 0.0;
  auto height = image.height;
  auto width = image.width;
  for (const FeedForwardLayer& layer : plan->layers) {
    const auto weights = static_cast<double>(layer.weight.numel());
    if (layer.weight.dim() == 4) {
      height = (height + 2 * layer.padding - layer.weight.size(2)) / layer.stride + 1;
      width = (width + 2 * layer.padding - layer.weight.size(3)) / layer.stride + 1;
      products += weights * static_cast<double>(height * width);
    } else {
      products += weights;
    }
  }
  return 4.0 * products;
}

/// The gradient that the sampler follows, out of a single step without noise that is large enough to leave x behind.
torch::Tensor followed_gradient(const Case& subject, const Setting& setting, const torch::Tensor& x) {
  constexpr float kStep = 1099511627776.0F;  // 2^40
  Chains chains = make_chains(x);
  const LangevinStep size{.half_step = kStep};
  make_engine(*subject.model, setting.device, setting.precision)->langevin(chains, {.sizes = {&size, 1}});
  return (x - chains.x) / kStep;
}

/// Compares it with the model's own gradient; throws NumericsError if they are not the same. Errors are the median
/// image's: where a leaky ReLU's input is within a rounding of zero, two correct float32 sums may take either slope.
std::string validate(const Case& subject, const Setting& setting) {
  const torch::Tensor x = chains_of(setting).x;
  const torch::Tensor exact = subject.model->input_gradient(x).to(torch::kDouble).flatten(1);
  const torch::Tensor found = followed_gradient(subject, setting, x).to(torch::kDouble).flatten(1);
  const double cosine = at::cosine_similarity(found.flatten(), exact.flatten(), 0).item<double>();
  const torch::Tensor errors = (found - exact).norm(2, 1) / exact.norm(2, 1);
  const double error = errors.median().item<double>();
  char text[96];
  std::snprintf(text, sizeof text, "gradient: relative error %.1e (worst image %.1e), cosine %.5f", error,
                errors.max().item<double>(), cosine);
  const bool half = setting.precision != Precision::float32;
  if (half ? !(cosine > 0.99) : !(error < 1e-5 && cosine > 0.99999)) {
    throw NumericsError(describe(setting, text) + ": not the model's gradient, nothing was timed");
  }
  return text;
}

std::int64_t memory_on(torch::Device device, const std::function<void()>& work) {
  return device.is_cpu() ? memory_of(work) : kernels::cuda::memory_of(device.index(), work);
}

Timing scaled(Timing time, double factor) {
  return {time.median * factor, time.fastest * factor, time.slowest * factor};
}

}  // namespace

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      {"paper_28", "fashion_mnist_cebm.yaml", {1, 28, 28}},
      {"paper_32", "cifar10_cebm.yaml", {3, 32, 32}},
      {"authors_28", "authors/fashion_mnist_cebm.yaml", {1, 28, 28}},
  };
  return all;
}

Row sampler_step(const Setting& setting) {
  const Case subject(setting);
  Row row{"sampler", describe(setting, subject.engine->name()), "ms per step"};
  row.check = validate(subject, setting);
  Chains chains = chains_of(setting);
  const auto work = [&] {
    subject.sampler->advance(*subject.engine, chains, setting.steps, 1, 0);
    synchronize(setting);
  };
  row.memory = memory_on(setting.device, work);
  row.time = scaled(time_of(setting.repeats, work), 1e3 / static_cast<double>(setting.steps));
  row.operations = operations_per_image(*subject.model, setting.subject.image) * static_cast<double>(setting.batch);
  return row;
}

Row loss_gradient(const Setting& setting) {
  const Case subject(setting);
  Row row{"loss", describe(setting, "data and samples, " + subject.engine->name()), "ms"};
  Chains chains = chains_of(setting);
  const torch::Tensor x = at::cat({chains.x, noise_chains(setting.batch, setting.subject.image, 2, setting.device).x});
  const auto loss = [](const torch::Tensor& energies) {
    // The difference of two batches of noise would compare roundings.
    return energies.chunk(2)[0].mean() + energies.square().mean();
  };
  const auto gradient = [&] {
    subject.model->zero_grad();
    subject.engine->add_weight_gradient(x, loss);
    synchronize(setting);
  };
  gradient();
  const auto flat_gradient = [&] {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& parameter : subject.model->parameters()) all.push_back(parameter.grad().flatten());
    return at::cat(all).to(torch::kDouble);
  };
  const torch::Tensor found = flat_gradient();
  subject.model->to(torch::kDouble);
  subject.model->zero_grad();
  loss(subject.model->energy(x.to(torch::kDouble))).backward();
  const torch::Tensor exact = flat_gradient();
  subject.model->zero_grad();
  subject.model->to(torch::kFloat);
  const double error = ((found - exact).norm() / exact.norm()).item<double>();
  if (!(error < 1e-4))
    throw NumericsError(row.what + ": relative error " + std::to_string(error) +
                        ": not the loss's gradient, nothing was timed");
  const auto step = [&] {
    subject.sampler->advance(*subject.engine, chains, setting.steps, 1, 0);
    synchronize(setting);
  };
  // In turns, so that both meet the same machine.
  const auto [of_loss, of_step] = times_of(setting.repeats, gradient, step);
  row.time = scaled(of_loss, 1e3);
  char text[96];
  std::snprintf(text, sizeof text, "relative error %.1e; as long as %.2f sampler steps (fastest %.2f)", error,
                of_loss.median / of_step.median * static_cast<double>(setting.steps),
                of_loss.fastest / of_step.fastest * static_cast<double>(setting.steps));
  row.check = text;
  return row;
}

Row training_step(const Setting& setting) {
  Case subject(setting);
  Row row{"training", describe(setting, std::to_string(setting.steps) + " sampler steps, " + subject.engine->name()),
          "ms per gradient step"};
  row.check = validate(subject, setting);
  const auto objective = subject.config.objective.build(ObjectiveContext{subject.model, 1, setting.device, 1000});
  Adam adam(named_parameters(*subject.model), subject.config.train.optimizer);
  const torch::Tensor batch = chains_of(setting).x;
  std::uint64_t step = 0;
  const auto work = [&] {
    objective->add_gradient(unlabelled(batch), step);
    adam.step(step++);
    synchronize(setting);
  };
  row.memory = memory_on(setting.device, work);
  row.time = scaled(time_of(setting.repeats, work), 1e3);
  return row;
}

Row compared_precisions(const Setting& setting) {
  Setting narrow = setting;
  Setting exact = setting;
  narrow.precision = Precision::bfloat16;
  exact.precision = Precision::float32;
  const Case half(narrow);
  const Case single(exact);
  Chains chains = chains_of(setting);
  const auto work_of = [&](const Case& subject) {
    return [&] {
      subject.sampler->advance(*subject.engine, chains, setting.steps, 1, 0);
      synchronize(setting);
    };
  };
  const auto [of_half, of_single] = times_of(setting.repeats, work_of(half), work_of(single));
  const bool is_half = fastest_precision(*single.model, setting.device) == Precision::bfloat16;
  Row row{"precision", describe(exact, "bfloat16 beside float32"), "ms per step"};
  row.time = scaled(of_half, 1e3 / static_cast<double>(setting.steps));
  char text[112];
  std::snprintf(text, sizeof text, "float32 takes %.2f ms, %.2f times as long; auto chooses %s",
                1e3 * of_single.median / static_cast<double>(setting.steps), of_single.median / of_half.median,
                is_half ? "bfloat16" : "float32");
  row.check = text;
  return row;
}

Row data_loading(const Setting& setting) {
  auto dataset = std::make_shared<Dataset>();
  const ImageShape image = setting.subject.image;
  dataset->images = at::randint(256, {60000, image.channels, image.height, image.width}, torch::kByte);
  dataset->labels = at::zeros({60000}, torch::kLong);
  BatchSource source(dataset, PixelRange::symmetric, /*noise_std=*/0.03, setting.batch, 1, setting.device);
  std::uint64_t step = 0;
  Row row{"loading", describe(setting, "60,000 images in memory"), "ms per batch"};
  const torch::Tensor batch = source.batch(0).images;
  row.check =
      "values in " + std::to_string(batch.min().item<float>()) + " .. " + std::to_string(batch.max().item<float>());
  row.time = scaled(time_of(setting.repeats * 20,
                            [&] {
                              source.batch(step++);
                              synchronize(setting);
                            }),
                    1e3);
  return row;
}

Row evaluation(const Setting& setting) {
  const Case subject(setting);
  const torch::NoGradGuard no_graph;
  const torch::Tensor x = chains_of(setting).x;
  Row row{"evaluation", describe(setting, "energies, " + subject.engine->name()), "ms per batch"};
  const torch::Tensor once = subject.engine->energies(x);
  row.check = std::to_string(once.size(0)) + " energies" +
              (once.isfinite().all().item<bool>() ? ", all finite" : ", NOT finite");
  row.time = scaled(time_of(setting.repeats,
                            [&] {
                              subject.engine->energies(x);
                              synchronize(setting);
                            }),
                    1e3);
  return row;
}

void write_case(const Setting& setting, const std::string& file) {
  const Case subject(setting);
  TensorMap tensors;
  for (const auto& [name, tensor] : named_parameters(*subject.model)) tensors[name] = tensor.detach();
  const torch::Tensor x = chains_of(setting).x;
  tensors["x"] = x;
  tensors["gradient"] = followed_gradient(subject, setting, x);
  save_safetensors(file, tensors);
}

}  // namespace bench
