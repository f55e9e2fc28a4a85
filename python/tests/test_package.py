"""Configurations, data sets, frames, the stub."""
import ast
import inspect
import pathlib
import warnings

import pandas
import pytest
import torch

import cebm
from conftest import CONFIGS, MODELS, program, small


def test_a_configuration_is_found_by_name_and_changed():
    config = cebm.config("fashion_mnist_cebm_quick.yaml", {"train.steps": 20, "sampler.boundary": "clamp"})
    assert config["train.steps"] == 20 and config["sampler.boundary"] == "clamp"
    assert config["train.optimizer.learning_rate"] == 2e-4
    assert config["train.tensorboard"] is True
    assert cebm.config("fashion_mnist_cebm_quick", ["train.steps=20", "sampler.boundary=clamp"]) == config
    assert cebm.Config.parse(config.yaml) == config and config.yaml == repr(config)
    with pytest.raises(KeyError):
        config["train.stepz"]


def test_a_configuration_of_the_working_folder_comes_first_as_for_cebm_train(runs, tmp_path, monkeypatch):
    (tmp_path / "fashion_mnist_cebm_quick.yaml").write_text("train: {steps: 7}\n")
    monkeypatch.chdir(tmp_path)
    for name in ("fashion_mnist_cebm_quick", "fashion_mnist_cebm_quick.yaml", pathlib.Path("fashion_mnist_cebm_quick")):
        assert cebm.config(name)["train.steps"] == 7
    assert "steps: 7\n" in program("cebm-train", "--config", "fashion_mnist_cebm_quick", "--dry-run")


@pytest.mark.parametrize("overrides, message", [
    ({"train.stepz": 1}, "did you mean 'steps'"),
    ({"train.steps": "many"}, "train.steps"),
    ({"train.steps": -1}, "train.steps"),
    ({"train.steps": None}, "train.steps.*found nothing"),
    ({"model.encoder.channels": "[8, 16]"}, "model.encoder.channels.*found '\\[8, 16\\]'"),
])
def test_a_setting_that_is_none_is_refused(overrides, message):
    with pytest.raises(cebm.ConfigError, match=message):
        cebm.config("fashion_mnist_cebm_quick", overrides)
    with pytest.raises(cebm.ConfigError, match="no configuration 'nothing'"):
        cebm.config("nothing")


@pytest.mark.parametrize("text", [
    "[x]", "{a: 1}", "a: b", "a, b", "null", "true", "007", "1e5", "my #1 pictures", "# one", "x  ", "  x", "- x", "*x",
    "&x", "!x", "%x", "it's", '"quoted" #1', "back\\slash\\", "tab\tline\n", "\x01", "ünï \U0001f600\u2028", ""])
def test_a_text_is_taken_as_it_is(text):
    config = cebm.config("fashion_mnist_cebm_quick", {"data": "image-folder", "data.path": text})
    assert config["data.path"] == text
    assert cebm.config("fashion_mnist_cebm_quick", {"data": {"name": "image-folder", "path": text}}) == config
    assert cebm.Config.parse(config.yaml) == config


def test_a_path_may_be_an_object(tmp_path):
    config = cebm.config("fashion_mnist_cebm_quick", {"data": {"name": "image-folder", "path": tmp_path / "my #1"}})
    assert config["data.path"] == str(tmp_path / "my #1")


def test_a_setting_without_effect_is_warned_of_once():
    note = "sampler.temperature: has no effect: it is read only with noise: sqrt_alpha"
    with pytest.warns(UserWarning, match=note) as caught:
        config = cebm.config(CONFIGS / "cebm.yaml", {"sampler.temperature": 2.0})
    assert len(caught) == 1 and caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"energy_based.yaml:\d+: sampler.noise_std: has no effect"):
        changed = cebm.config(CONFIGS / "cebm.yaml", {"sampler.noise": "sqrt_alpha"})
    with pytest.warns(UserWarning, match=note):
        cebm.Config.parse("sampler: {noise: fixed, temperature: 2}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cebm.Config.parse(config.yaml)
        cebm.Config.parse(changed.yaml)
        cebm.dataset(changed, "test", options={"count": 5})
        with pytest.raises(UserWarning, match=note):
            cebm.config(CONFIGS / "cebm.yaml", {"sampler.temperature": 2.0})


def test_settings_have_the_types_of_their_fields():
    config = cebm.config("fashion_mnist_cebm_quick", {"train.max_hours": 2})
    found = {key: config[key] for key in ("train.steps", "train.max_hours", "train.optimizer.learning_rate",
                                          "train.tensorboard", "model.name", "model.encoder.channels")}
    assert [type(value) for value in found.values()] == [int, float, float, bool, str, list]
    assert found["model.encoder.channels"] and all(type(count) is int for count in found["model.encoder.channels"])
    assert found["train.max_hours"] == 2.0
    settings = small("cebm").settings()
    assert "sampler.noise_std" in settings and "sampler.temperature" not in settings  # not read with noise: fixed


@pytest.mark.parametrize("model", MODELS)
def test_settings_are_overrides_that_give_the_same_configuration(model):
    config = small(model)
    assert cebm.config("fashion_mnist_cebm_quick", config.settings()) == config


def test_a_data_set_is_tensors(tmp_path):
    config = small("cebm")
    data = cebm.dataset(config, "test")
    assert data.images.dtype == torch.uint8 and data.images.dim() == 4 and len(data) == len(data.labels)
    floats = data.floats(1, 3)
    assert floats.dtype == torch.float32 and floats.shape == data.images[1:4].shape
    assert torch.allclose(floats, data.images[1:4].float() / 127.5 - 1, atol=1e-6)
    unit = data.floats(1, 3, range=(0, 1))
    assert unit.dtype == torch.float32 and torch.allclose(unit, data.images[1:4].float() / 255, atol=1e-6)
    assert torch.equal(data.floats(1, 3, (-1, 1)), floats)
    for wrong in ((0, 255), (1, 0), (-0.5, 0.5)):
        with pytest.raises(cebm.ConfigError, match="floats: expected a range"):
            data.floats(range=wrong)
    assert len(data.floats(len(data) - 2, 9)) == 2 and len(data.floats(3, 0)) == 0
    for arguments, error in [((-1,), IndexError), ((len(data) + 1,), IndexError), ((0, -5), ValueError)]:
        with pytest.raises(error, match=f"floats: .* found {arguments[-1]}"):
            data.floats(*arguments)
    with pytest.raises(cebm.DataError, match="mnist"):
        cebm.dataset("mnist", root=tmp_path)
    with pytest.raises(cebm.ConfigError, match="nosuch"):
        cebm.dataset("nosuch")


def test_options_change_the_set_of_a_configuration_too():
    config = small("cebm")
    assert len(cebm.dataset(config, "test", options={"count": 5})) == 5
    assert (cebm.dataset(config, options={}).images == cebm.dataset(config).images).all()
    with pytest.raises(cebm.ConfigError, match="data.*limitt"):
        cebm.dataset(config, options={"limitt": 5})


def test_a_data_root_that_is_no_folder_is_refused(runs, tmp_path):
    config, run = small("cebm"), cebm.open_run(runs["cebm"])
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "missing", tmp_path / "file"):
        for call in (lambda: cebm.dataset("noise", root=root), lambda: cebm.dataset(config, root=root),
                     lambda: run.dataset(root=root), lambda: run.sample(2, data_root=root),
                     lambda: cebm.Trainer(config, data_root=root),
                     lambda: cebm.train(config, tmp_path / "run", data_root=root)):
            with pytest.raises(cebm.ConfigError, match=f"no such folder: {root}"):
                call()
    assert not (tmp_path / "run").exists()


def test_records_are_frames(runs, tmp_path):
    run = cebm.open_run(runs["cebm"])
    metrics = cebm.metrics(run)
    assert isinstance(metrics, pandas.DataFrame) and metrics.index.name == "step" and metrics.index[-1] == 20
    program("cebm-eval", "scores", "--run", run.directory, "--quiet")
    results = cebm.results(run)
    assert set(results["evaluator"]) == {"scores"} and set(results["step"]) == {20}
    mean = results.set_index("quantity")["value"]["energy.mean"]
    kept, = cebm.columns(run).values()
    assert kept["energy"].mean() == pytest.approx(mean, rel=1e-5)
    images = run.dataset("test").floats(0, 5)
    frame = cebm.columns(run, ["energy", "latent"], images)
    assert list(frame) == ["energy", "latent.0", "latent.1", "latent.2", "latent.3"] and len(frame) == 5
    assert (frame["energy"] == kept["energy"][:5]).all()
    assert cebm.columns(run.directory, ["energy"], images).equals(frame[["energy"]])
    for arguments in ((["energi"],), (["energi"], images)):
        with pytest.raises(cebm.ConfigError, match="columns: expected names out of .*energy.*, found 'energi'"):
            cebm.columns(run, *arguments)


def stub_names(tree):
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{name}" for name in stub_names(node))
        elif isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id


def test_the_stub_has_what_the_module_has():
    stub = set(stub_names(ast.parse((pathlib.Path(cebm.__file__).parent / "_cebm.pyi").read_text())))
    module = cebm._cebm
    found = set()
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        found.add(name)
        if inspect.isclass(value) and not issubclass(value, Exception):
            hidden = {"__init__", "__len__", "__getitem__", "__eq__"}
            found |= {f"{name}.{member}" for member in vars(value)
                      if not member.startswith("_") or member in hidden
                      or member in ("_load", "_with", "_sample", "_restore")}
    found = {name for name in found if not name.endswith("__eq__")}
    # pybind11 gives every class an __init__, which only Trainer's users may call.
    found -= {f"{name}.__init__" for name in ("Config", "Dataset", "Model", "Posterior", "Run")}
    assert found == stub


def test_every_public_function_says_what_it_does():
    for name in cebm.__all__:
        assert getattr(cebm, name).__doc__, name
    for owner in (cebm.Model, cebm.Run, cebm.Trainer, cebm.Posterior):
        for name, member in vars(owner).items():
            if not name.startswith("_") and callable(member):
                # pybind11 puts the signature into the first line.
                lines = member.__doc__.strip().splitlines()
                assert len(lines) > 1 or inspect.isfunction(member), f"{owner.__name__}.{name}"
