"""A run in Python: the numbers of the programs, PyTorch's gradients, errors, no leaks."""
import gc
import pathlib
import re
import time
import tracemalloc
import warnings

import numpy
import pytest
import torch

import cebm
from conftest import EBMS, MODELS, program, small


def columns_of(run, model, folder):
    """Columns as cebm-eval computes them."""
    names = ["pixels", "latent", "log_density"] + (["energy"] if model in EBMS else [])
    names += ["latent_variance", "responsibilities", "latent_mean"] if model != "igebm" else []
    program("cebm-eval", "scores", "--run", run, "--set", "columns=" + ",".join(names), "--out", folder, "--quiet")
    return {name: torch.from_numpy(numpy.load(folder / f"{name}.npy")) for name in names}


def images_of(run, count=None):
    return run.dataset("test").floats(0, count, run.pixel_range)


@pytest.mark.parametrize("model", MODELS)
def test_values_are_those_of_cebm_eval_bit_for_bit(runs, model, tmp_path):
    run = cebm.open_run(runs[model])
    expected = columns_of(runs[model], model, tmp_path)
    x = expected["pixels"].view(-1, *run.image_shape)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for size in (len(x), 7):
            parts = x.split(size)
            assert torch.equal(torch.cat([run.latent(part) for part in parts]), expected["latent"])
            if model not in ("vae", "gmm_vae"):  # whose bound draws numbers by an image's place in its set
                assert torch.equal(torch.cat([run.log_density(part) for part in parts]), expected["log_density"])
            if model in EBMS:
                assert torch.equal(torch.cat([run.energy(part) for part in parts]), expected["energy"])
    if model != "igebm":
        q = run.posterior(x)
        assert torch.equal(q.mean, expected["latent"])
        assert torch.equal(q.variance, expected["latent_variance"])
        assert torch.equal(q.responsibilities, expected["responsibilities"].view(len(x), -1))
        assert torch.equal(q.mixture_mean, expected["latent_mean"])


@pytest.mark.parametrize("model", EBMS)
def test_a_graph_changes_no_bit_of_a_value(runs, model):
    run = cebm.open_run(runs[model])
    x = images_of(run, 20)
    plain = run.energy(x), run.latent(x)
    assert not plain[0].requires_grad
    with_graph = run.energy(x.clone().requires_grad_()), run.latent(x.clone().requires_grad_())
    assert with_graph[0].requires_grad
    for one, other in zip(plain, with_graph):
        assert torch.equal(one, other.detach())
    with torch.no_grad():
        assert not run.energy(x.clone().requires_grad_()).requires_grad


def reference_energy(state, x):
    """E(x) of the small CEBM in PyTorch's own operations, from the weights alone (paper, Eq. 8)."""
    h = torch.nn.functional.silu(torch.nn.functional.conv2d(x, state["encoder.weight0"], state["encoder.bias0"], 1, 1))
    h = torch.nn.functional.silu(torch.nn.functional.conv2d(h, state["encoder.weight1"], state["encoder.bias1"], 2, 1))
    n1, n2 = (h.flatten(1) @ state["encoder.weight2"].T + state["encoder.bias2"]).chunk(2, 1)
    mean, log_std = state["bias.parameters"][0]
    first, second = mean * torch.exp(-2 * log_std), -0.5 * torch.exp(-2 * log_std)

    def log_partition(a, b):
        return -a.square() / (4 * b) - 0.5 * torch.log(-2 * b)

    return (log_partition(first, second) - log_partition(first + n1, second - n2.square())).sum(1)


def close(found, expected):
    return (found - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_gradients_are_those_of_autograd_on_the_same_weights_in_pytorch(runs):
    run = cebm.open_run(runs["cebm"])
    x = images_of(run, 20)
    state = {name: tensor.detach().clone().requires_grad_() for name, tensor in run.state_dict().items()}
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    assert close(run.energy(x), reference_energy(state, x).detach())
    expected, = torch.autograd.grad(reference_energy(state, theirs).sum(), theirs)
    assert close(run.input_gradient(x), expected)
    found, = torch.autograd.grad(run.energy(ours).sum(), ours, create_graph=True)
    assert close(found.detach(), expected)
    # The weights' gradients, also of a loss with second derivatives: score matching.
    run.requires_grad_()
    reference_energy(state, x).square().sum().backward()
    run.energy(x).square().sum().backward()
    names = [name for name, tensor in run.state_dict().items() if tensor.requires_grad]
    assert len(names) == len(run.parameters())
    for name in names:
        assert close(run.state_dict()[name].grad, state[name].grad), name
    again, = torch.autograd.grad(reference_energy(state, theirs).sum(), theirs, create_graph=True)
    expected_second, = torch.autograd.grad(again.square().sum(), theirs)
    ours = x.clone().requires_grad_()
    first, = torch.autograd.grad(run.energy(ours).sum(), ours, create_graph=True)
    second, = torch.autograd.grad(first.square().sum(), ours)
    assert close(second, expected_second)


@pytest.mark.parametrize("model", ["cebm", "cebmm"])
def test_statistics_and_posteriors_fit_together(runs, model):
    run = cebm.open_run(runs[model])
    x = images_of(run, 5)
    t, q = run.statistics(x), run.posterior(x)
    assert t.shape == (5, 1, 2, 4)
    assert q.natural.shape == (5, 1 if model == "cebm" else 5, 2, 4)
    assert torch.allclose(q.responsibilities.sum(1), torch.ones(5))
    if model == "cebm":  # a standard normal bias: lambda = (0, -1/2)
        assert torch.allclose(q.natural[:, 0], t[:, 0] + torch.tensor([[0.0], [-0.5]]), atol=1e-6)
    z = q.sample(seed=3)
    assert z.shape == (5, 4) and torch.equal(z, q.sample(seed=3)) and not torch.equal(z, q.sample(seed=4))
    assert q.log_prob(z).shape == (5,)


def test_weights_are_shared_not_copied(runs):
    run = cebm.open_run(runs["cebm"])
    x = images_of(run, 4)
    before = run.energy(x)
    with torch.no_grad():
        run.parameters()[0].mul_(2.0)
    assert not torch.equal(run.energy(x), before)
    once, again = run.state_dict(), run.state_dict()
    assert once["encoder.weight0"].data_ptr() == again["encoder.weight0"].data_ptr()


@pytest.mark.parametrize("model", ["cebm", "cebmm", "vae"])
def test_samples_are_those_of_cebm_sample(runs, model, tmp_path):
    words, steps = ([], {}) if model == "vae" else (["--steps", 7], {"steps": 7})
    program("cebm-sample", "--run", runs[model], "--count", 6, "--seed", 5, *words, "--out", tmp_path / "s.png", "--quiet")
    found = cebm.open_run(runs[model]).sample(6, seed=5, **steps)
    assert torch.equal(found, torch.from_numpy(numpy.load(tmp_path / "s.npy")))


def test_a_sampler_s_settings_are_those_of_cebm_sample_s_options(runs, tmp_path):
    run = cebm.open_run(runs["cebm"])
    program("cebm-sample", "--run", runs["cebm"], "--count", 6, "--seed", 5, "--steps", 7, "--out", tmp_path / "s.png",
            "--sampler-option", "alpha=0.01", "--sampler-option", "step_schedule.kind=linear", "--quiet")
    expected = torch.from_numpy(numpy.load(tmp_path / "s.npy"))
    settings = {"alpha": 0.01, "step_schedule.kind": "linear"}
    assert torch.equal(run.sample(6, steps=7, seed=5, sampler=settings), expected)
    assert torch.equal(run.sample(6, steps=7, seed=5, sampler=["alpha=0.01", "step_schedule.kind=linear"]), expected)
    plain = run.sample(6, steps=7, seed=5)
    assert not torch.equal(plain, expected)
    assert torch.equal(run.sample(6, steps=7, seed=5, sampler={}), plain)


@pytest.mark.parametrize("settings, message", [
    ({"alpa": 0.1}, "did you mean 'alpha'"),
    ({"alpha": -1}, "alpha"),
    ({"alpha": "large"}, "alpha.*large"),
    ({"steps": 3}, "the argument `steps` sets the number of steps"),
])
def test_settings_that_the_sampler_does_not_have_are_refused(runs, settings, message):
    with pytest.raises(cebm.ConfigError, match=message):
        cebm.open_run(runs["cebm"]).sample(2, steps=1, sampler=settings)


def trained_for_two_steps(directory, **settings):
    trainer = cebm.Trainer(small("cebm", train__steps=2, **settings))
    trainer.step(2)
    trainer.save(directory)
    return cebm.open_run(directory)


def test_chains_that_stand_and_settings_without_effect_are_warned_of(runs, tmp_path):
    standing = trained_for_two_steps(tmp_path / "run", sampler__alpha_over_training={"kind": "linear", "final": 0})
    with pytest.warns(UserWarning, match="chains do not follow the energy") as caught:
        standing.sample(2, steps=1)
    assert len(caught) == 1 and caught[0].filename == __file__
    run = cebm.open_run(runs["cebm"])
    with pytest.warns(UserWarning, match="temperature: has no effect: it is read only with noise: sqrt_alpha"):
        run.sample(2, steps=1, sampler={"temperature": 2.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.sample(2, steps=1, sampler={"alpha": 0.01})
        standing.sample(2, steps=1, sampler={"alpha_over_training.final": 0.1})
        with pytest.raises(UserWarning, match="chains do not follow the energy"):
            standing.sample(2, steps=1)


def test_a_step_size_that_the_training_s_factor_multiplies_is_warned_of(tmp_path):
    run = trained_for_two_steps(tmp_path / "run", sampler={"name": "mala", "steps": 2, "alpha": 1e-4})
    with pytest.warns(UserWarning, match="adaptation.enabled=false"):
        run.sample(2, steps=1, sampler={"alpha": 1e-5})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.sample(2, steps=1)
        run.sample(2, steps=1, sampler={"alpha": 1e-5, "adaptation.enabled": False})


def test_chains_start_where_they_are_told(runs):
    run = cebm.open_run(runs["cebm"])
    start = images_of(run, 3)
    assert torch.equal(run.sample(steps=0, init=start), start)
    assert run.sample(4, steps=1, init="buffer").shape == (4, *run.image_shape)
    mixture = cebm.open_run(runs["cebmm"])
    four = images_of(mixture, 4)
    assert torch.equal(mixture.sample(steps=0, init=four, components=[0, 1]), four)
    with pytest.raises(cebm.ConfigError, match="init: expected as many images for each of 2 conditions"):
        mixture.sample(steps=0, init=start, components=[0, 1])
    mixture = cebm.open_run(runs["cebmm"])
    assert mixture.sample(2, steps=1, components=[0, 3]).shape[0] == 4
    assert run.sample(2, steps=1, codes=torch.zeros(3, 4)).shape[0] == 6


def test_a_start_may_be_of_any_float_type_and_layout(runs):
    run = cebm.open_run(runs["cebm"])
    start = images_of(run, 3)
    expected = run.sample(steps=2, init=start)
    transposed = start.transpose(2, 3).contiguous().transpose(2, 3)
    every_other = torch.stack([start, torch.zeros_like(start)], 1)[:, 0]
    assert not transposed.is_contiguous() and not every_other.is_contiguous()
    for same in (start.double(), start.to(memory_format=torch.channels_last), transposed, every_other,
                 start.clone().requires_grad_()):
        assert torch.equal(run.sample(steps=2, init=same), expected)
    alike = start[:1].expand(3, -1, -1, -1)
    assert torch.equal(run.sample(steps=2, init=alike), run.sample(steps=2, init=alike.clone()))
    half = start.half()
    assert torch.equal(run.sample(steps=2, init=half), run.sample(steps=2, init=half.float()))


def with_value(images, value):
    images = images.clone()
    images[1, 0, 2, 3] = value
    return images


@pytest.mark.parametrize("change, error, found", [
    (lambda start: start[:, :, :7, :7], ValueError, "[3, 1, 7, 7]"),
    (lambda start: start.expand(-1, 3, -1, -1), ValueError, "[3, 3, 12, 12]"),
    (lambda start: torch.zeros(3, 3, 28, 28), ValueError, "[3, 3, 28, 28]"),
    (lambda start: start.flatten(1), ValueError, "[3, 144]"),
    (lambda start: start[0], ValueError, "[1, 12, 12]"),
    (lambda start: start[0, 0, 0, 0], ValueError, "[]"),
    (lambda start: start[:0], ValueError, "found 0"),
    (lambda start: with_value(start, float("nan")), ValueError, "finite"),
    (lambda start: with_value(start, -float("inf")), ValueError, "finite"),
    (lambda start: start.double() * 1e300, ValueError, "finite"),
    (lambda start: with_value(start, -300), ValueError, "values up to 300"),
    (lambda start: (start + 1) * 127.5, ValueError, "expected images in [-1, 1]"),
    (lambda start: (start > 0).byte(), TypeError, "found Byte"),
    (lambda start: (start > 0).long(), TypeError, "found Long"),
    (lambda start: start > 0, TypeError, "found Bool"),
    (lambda start: start.numpy(), TypeError, "init: expected a name, a file or a torch tensor, found <class 'numpy"),
])
def test_a_start_that_is_no_images_of_the_model_is_refused(runs, change, error, found):
    run = cebm.open_run(runs["cebm"])
    start = change(images_of(run, 3))
    with pytest.raises(error, match=re.escape(found)):
        run.sample(steps=1, init=start)


def test_more_chains_than_images_to_start_from_are_refused(runs):
    run = cebm.open_run(runs["cebm"])
    with pytest.raises(cebm.ConfigError, match="only 3 images"):
        run.sample(4, steps=1, init=images_of(run, 3))


@pytest.mark.parametrize("codes, found", [
    (torch.zeros(3, 999), ", 999]"),
    (torch.zeros(4), "[4]"),
    (torch.zeros(0, 4), "[0, 4]"),
    (torch.zeros(3, 4, dtype=torch.int64), "Long"),
])
def test_codes_that_are_none_of_the_model_are_refused(runs, codes, found):
    with pytest.raises(ValueError, match=re.escape(found)):
        cebm.open_run(runs["cebm"]).sample(2, steps=1, codes=codes)


def test_counts_and_steps_below_their_least_are_refused(runs):
    for model in ("cebm", "vae"):
        run = cebm.open_run(runs[model])
        for count in (0, -1):
            with pytest.raises(cebm.ConfigError, match=f"found {count}"):
                run.sample(count)
    run = cebm.open_run(runs["cebm"])
    with pytest.raises(cebm.ConfigError, match="found -7"):
        run.sample(2, steps=-7)
    with pytest.raises(cebm.ConfigError, match="found -1"):
        run.column("energy", images_of(run, 2), first=-1)


@pytest.mark.parametrize("arguments", [
    {"steps": 7}, {"steps": -7}, {"init": "noise"}, {"init": "nonsense.npy"}, {"init": torch.zeros(4, 1, 12, 12)},
    {"codes": torch.zeros(3, 4)}, {"sampler": {"alpha": 0.1}}, {"sampler": {}}, {"joint_steps": 5},
    {"compose": ["cebm"]}])
def test_what_draws_without_chains_refuses_their_arguments(runs, arguments):
    run = cebm.open_run(runs["vae"])
    name, = arguments
    arguments = {"compose": [cebm.open_run(runs["cebm"])]} if name == "compose" else arguments
    with pytest.raises(cebm.ConfigError, match=f"{name}: there are no chains"):
        run.sample(4, **arguments)


def chains_of(folder, *words):
    """The raw images of cebm-sample."""
    program("cebm-sample", "--seed", 5, "--steps", 6, *words, "--out", folder / "drawn.png", "--quiet")
    return torch.from_numpy(numpy.load(folder / "drawn.npy"))


def test_joint_chains_and_sums_of_energies_are_those_of_cebm_sample(runs, tmp_path):
    run, other = cebm.open_run(runs["cebm"]), cebm.open_run(runs["cebmm"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # x and z at two temperatures
        joint = run.sample(6, steps=6, seed=5, joint_steps=2)
    assert torch.equal(joint, chains_of(tmp_path, "--run", runs["cebm"], "--count", 6, "--joint", 2))
    with pytest.warns(UserWarning, match="temperature"):
        run.sample(2, steps=2, joint_steps=2)
    both = run.sample(6, steps=6, seed=5, compose=[other])
    assert torch.equal(both, chains_of(tmp_path, "--run", runs["cebm"], "--count", 6, "--compose", runs["cebmm"]))
    assert not torch.equal(both, run.sample(6, steps=6, seed=5))


def test_restored_images_are_those_of_cebm_sample(runs, tmp_path):
    run = cebm.open_run(runs["cebm"])
    images = images_of(run, 3)
    numpy.save(tmp_path / "images.npy", images.numpy())
    given = ["--run", runs["cebm"], "--given", tmp_path / "images.npy", "--tries", 2]
    lower = torch.zeros(12, 12, dtype=torch.bool)
    lower[6:] = True
    # A row of the program's: the clean image where it is known, what the chains are given, and the tries.
    expected = chains_of(tmp_path, *given, "--inpaint", "half").view(3, 4, *run.image_shape)[:, 2:]
    filled = run.restore(images, missing=lower, tries=2, steps=6, seed=5)
    assert torch.equal(filled, expected)
    assert torch.equal(filled[:, :, :, :6], images.unsqueeze(1).expand(-1, 2, -1, -1, -1)[:, :, :, :6])
    assert torch.equal(run.restore(images, missing=lower.float().unsqueeze(0), tries=2, steps=6, seed=5), filled)
    expected = chains_of(tmp_path, *given, "--denoise", 0.3, "--temperature", 0.01).view(3, 3, *run.image_shape)[:, 1:]
    cleaned = run.restore(images, noise=0.3, temperature=0.01, tries=2, steps=6, seed=5)
    assert torch.equal(cleaned, expected)
    assert torch.equal(run.restore(images, noise=0.3, tries=2, steps=0)[:, 1], images), "they start from the images"


@pytest.mark.parametrize("arguments, found", [
    ({}, "found neither"),
    ({"noise": 0.0}, "found 0"),
    ({"noise": -1.0}, "found -1"),
    ({"missing": torch.ones(12, 12), "temperature": 1.0}, "`noise` alone"),
    ({"missing": torch.ones(12, 12)}, "found only 1"),
    ({"missing": torch.zeros(12, 12)}, "found only 0"),
    ({"missing": torch.full((12, 12), 0.5)}, "found other numbers"),
    ({"missing": torch.ones(1, 28, 28)}, "[1, 28, 28]"),
    ({"noise": 0.3, "tries": 0}, "found 0"),
    ({"noise": 0.3, "steps": -1}, "found -1"),
])
def test_restorations_that_mean_nothing_are_refused(runs, arguments, found):
    run = cebm.open_run(runs["cebm"])
    with pytest.raises(cebm.ConfigError, match=re.escape(found)):
        run.restore(images_of(run, 2), **arguments)


@pytest.mark.parametrize("other", [None, "run"])
def test_what_is_no_run_is_not_composed(runs, other):
    with pytest.raises(TypeError, match="compose: expected runs, found"):
        cebm.open_run(runs["cebm"]).sample(2, steps=1, compose=[other])


def test_a_run_of_other_images_or_without_an_energy_is_not_composed(runs, tmp_path):
    run = cebm.open_run(runs["cebm"])
    with pytest.raises(cebm.ConfigError, match="no energy"):
        run.sample(2, steps=1, compose=[cebm.open_run(runs["vae"])])
    with pytest.raises(cebm.ConfigError, match="no energy"):
        cebm.open_run(runs["vae"]).restore(images_of(run, 2), noise=0.3)
    other = trained_for_two_steps(tmp_path / "other", data__size=14)
    with pytest.raises(cebm.Error, match="14"):
        run.sample(2, steps=1, compose=[other])


def test_ctrl_c_ends_the_drawing_of_samples(runs, press_ctrl_c):
    run = cebm.open_run(runs["cebm"])
    before = run.sample(3, steps=5)
    begin = time.monotonic()
    press_ctrl_c(0.3)
    with pytest.raises(KeyboardInterrupt):
        run.sample(64, steps=100000)  # takes minutes
    assert time.monotonic() - begin < 30
    assert torch.equal(run.sample(3, steps=5), before)


@pytest.mark.parametrize("images, error, found", [
    (torch.zeros(2, 1, 5, 5), ValueError, "found Float [2, 1, 5, 5] on cpu"),
    (torch.zeros(28, 28), ValueError, "found Float [28, 28] on cpu"),
    (torch.zeros(2, 1, 28, 28, dtype=torch.float64), TypeError, "found Double"),
    (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), TypeError, "found Byte"),
    (torch.zeros(2, 1, 28, 28, device="meta"), ValueError, "on meta"),
    (numpy.zeros((2, 1, 28, 28), numpy.float32), TypeError, "incompatible function arguments"),
])
def test_what_is_no_image_is_refused(runs, images, error, found):
    run = cebm.open_run(runs["cebm"])
    shape = list(run.image_shape)
    if isinstance(images, torch.Tensor) and images.shape[-2:] == (28, 28) and images.dim() == 4:
        images = torch.zeros(2, *shape, dtype=images.dtype, device=images.device)
    for function in (run.energy, run.input_gradient, run.latent, run.statistics, run.posterior, run.log_density):
        with pytest.raises(error, match=re.escape(found)):
            function(images)


@pytest.mark.parametrize("model", ["vae", "gmm_vae"])
def test_images_outside_the_unit_range_of_a_model_are_refused(runs, model):
    run = cebm.open_run(runs[model])
    data = run.dataset("test")
    assert run.pixel_range == (0.0, 1.0)
    x = data.floats(0, 5, range=run.pixel_range)
    assert run.latent(x).shape == (5, 4)
    for wrong in (data.floats(0, 5), data.images[:5].float(), with_value(x, 1.001), with_value(x, float("nan"))):
        for function in (run.latent, run.posterior, run.log_density, lambda images: run.column("latent", images)):
            with pytest.raises(cebm.ConfigError, match=re.escape("expected pixels in [0, 1]")):
                function(wrong)


def test_images_of_an_energy_based_model_may_leave_its_range(runs):
    run = cebm.open_run(runs["cebm"])
    assert run.pixel_range == (-1.0, 1.0)
    assert run.energy(with_value(images_of(run, 3), 1.5)).isfinite().all()


def test_errors_have_the_library_s_messages(runs, tmp_path):
    with pytest.raises(cebm.CheckpointError, match="no such run directory"):
        cebm.open_run(tmp_path / "missing")
    with pytest.raises(cebm.ConfigError, match="did you mean 'energy'"):
        run = cebm.open_run(runs["cebm"])
        run.column("energi", images_of(run, 2))
    with pytest.raises(cebm.ConfigError, match="has no energy"):
        run = cebm.open_run(runs["vae"])
        run.energy(images_of(run, 2))
    with pytest.raises(cebm.ConfigError, match="device"):
        cebm.open_run(runs["cebm"], device="tpu")
    with pytest.raises(cebm.ConfigError, match="found 'best'"):
        cebm.open_run(runs["cebm"], weights="best")
    with pytest.raises(cebm.ConfigError, match="noise"):
        cebm.open_run(runs["cebm"]).sample(2, init="nowhere")
    assert issubclass(cebm.ConfigError, ValueError) and issubclass(cebm.IoError, OSError)
    assert issubclass(cebm.CheckpointError, cebm.Error)


def resident_kilobytes():
    gc.collect()
    text = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


def test_a_thousand_calls_leak_nothing(runs):
    run = cebm.open_run(runs["cebm"])
    x = images_of(run, 4)
    config = run.config

    def call(times):
        for _ in range(times):
            run.energy(x)
            run.latent(x)
            run.posterior(x).mean
            run.energy(x.clone().requires_grad_()).sum().backward()
            run.state_dict()
            config["train.steps"]
            with pytest.raises(ValueError):
                run.energy(x[0])

    call(200)  # warm-up: allocations that happen only once
    tracemalloc.start()
    before, traced = resident_kilobytes(), tracemalloc.get_traced_memory()[0]
    call(1000)
    after = resident_kilobytes()
    traced = tracemalloc.get_traced_memory()[0] - traced
    tracemalloc.stop()
    assert after - before < 4096, f"{after - before} KiB more are resident"
    assert traced < 100_000, f"Python holds {traced} bytes more"


def test_opening_a_run_again_and_again_leaks_nothing(runs):
    for _ in range(30):
        cebm.open_run(runs["cebm"])
    before = resident_kilobytes()
    for _ in range(200):
        cebm.open_run(runs["cebm"])
    assert resident_kilobytes() - before < 4096
