"""Configurations, data sets, frames, the stub."""
import ast
import inspect
import pathlib

import pandas
import pytest
import torch

import cebm
from conftest import program, small


def test_a_configuration_is_found_by_name_and_changed():
    config = cebm.config("fashion_mnist_cebm_quick.yaml", {"train.steps": 20, "sampler.boundary": "clamp"})
    assert config["train.steps"] == 20 and config["sampler.boundary"] == "clamp"
    assert config["train.optimizer.learning_rate"] == 2e-4
    assert config["train.tensorboard"] is True
    assert cebm.config("fashion_mnist_cebm_quick", ["train.steps=20", "sampler.boundary=clamp"]) == config
    assert cebm.Config.parse(config.yaml) == config and config.yaml == repr(config)
    with pytest.raises(KeyError):
        config["train.stepz"]


@pytest.mark.parametrize("overrides, message", [
    ({"train.stepz": 1}, "did you mean 'steps'|steps"),
    ({"train.steps": "many"}, "train.steps"),
    ({"train.steps": -1}, "train.steps"),
])
def test_a_setting_that_is_none_is_refused(overrides, message):
    with pytest.raises(cebm.ConfigError, match=message):
        cebm.config("fashion_mnist_cebm_quick", overrides)
    with pytest.raises(cebm.ConfigError, match="no configuration 'nothing'"):
        cebm.config("nothing")


def test_a_data_set_is_tensors():
    config = small("cebm")
    data = cebm.dataset(config, "test")
    assert data.images.dtype == torch.uint8 and data.images.dim() == 4 and len(data) == len(data.labels)
    floats = data.floats(1, 3)
    assert floats.dtype == torch.float32 and torch.equal(floats, data.images[1:4].float() / 127.5 - 1) or \
        torch.allclose(floats, data.images[1:4].float() / 127.5 - 1, atol=1e-6)
    with pytest.raises(cebm.DataError, match="mnist"):
        cebm.dataset("mnist", root=str(pathlib.Path(__file__).parent / "conftest.py"))
    with pytest.raises(cebm.ConfigError, match="nosuch"):
        cebm.dataset("nosuch")


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
                      if not member.startswith("_") or member in hidden or member in ("_load", "_with")}
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
