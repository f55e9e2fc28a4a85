"""Trainings from Python end as those of cebm-train, byte for byte."""
import signal
import threading

import pytest
import torch

import cebm
from conftest import MODELS, small


def files_of(checkpoint):
    return {file.name: file.read_bytes() for file in checkpoint.glob("*.safetensors")}


@pytest.mark.parametrize("model", MODELS)
def test_twenty_steps_are_those_of_cebm_train_byte_for_byte(runs, model, tmp_path):
    trainer = cebm.Trainer(small(model, train__steps=20))
    trainer.step(7)
    for _ in range(13):
        values = trainer.step()
    assert (trainer.done, trainer.steps) == (20, 20)
    found = files_of(trainer.save(tmp_path))
    expected = files_of(runs[model] / "checkpoints/step_000000020")
    assert sorted(found) == sorted(expected) and "model.safetensors" in found
    for name, content in expected.items():
        assert found[name] == content, name
    opened = cebm.open_run(tmp_path, weights="live")
    for name, tensor in trainer.model.state_dict().items():
        assert torch.equal(opened.state_dict()[name], tensor)
    assert values["loss"] == pytest.approx(values["loss"]) and set(trainer.measure())


@pytest.mark.parametrize("threads", [1, 2])
def test_a_whole_training_writes_what_cebm_train_writes(runs, threads, tmp_path):
    torch.set_num_threads(threads)
    rows, messages = [], []
    outcome = cebm.train(small("cebm", train__steps=20, checkpoint__every=10), tmp_path / "run",
                         on_metrics=lambda step, values: rows.append((step, values)), on_message=messages.append)
    assert outcome == "finished"
    for name in ("metrics.csv", "config.yaml", "events.out.tfevents.0.cebm", "checkpoints/step_000000020/model.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (runs["cebm"] / name).read_bytes(), name
    frame = cebm.metrics(tmp_path / "run")
    assert [step for step, _ in rows] == list(frame.index)
    assert rows[-1][1]["loss"] == frame["loss"].iloc[-1]


def test_an_exception_of_a_callback_saves_and_comes_back(runs, tmp_path):
    config = small("cebm", train__steps=20, checkpoint__every=10)

    def stop(step, values):
        raise LookupError(f"seen at {step}")

    with pytest.raises(LookupError, match="seen at"):
        cebm.train(config, tmp_path / "run", on_metrics=stop)
    with pytest.raises(cebm.ConfigError, match="already holds a run"):
        cebm.train(config, tmp_path / "run")
    assert cebm.train(config, tmp_path / "run", resume=True) == "finished"
    expected = (runs["cebm"] / "checkpoints/step_000000020/model.safetensors").read_bytes()
    assert (tmp_path / "run/checkpoints/step_000000020/model.safetensors").read_bytes() == expected


@pytest.fixture
def python_hears_ctrl_c():
    """Installs Python's handler: in background processes shells set SIGINT to be ignored, and Python keeps that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_saves_and_raises_keyboard_interrupt(python_hears_ctrl_c, tmp_path):
    timer = threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        cebm.train(small("cebm", train__steps=1000000), tmp_path / "run")
    assert cebm.open_run(tmp_path / "run").step > 0


def test_a_trainer_says_what_it_cannot_do():
    trainer = cebm.Trainer(small("cebm", train__steps=2))
    with pytest.raises(cebm.ConfigError, match="nothing to measure"):
        trainer.measure()
    trainer.step(2)
    with pytest.raises(cebm.ConfigError, match="all its 2 steps"):
        trainer.step()
    with pytest.raises(cebm.ConfigError, match="found 0"):
        trainer.step(0)
    with pytest.raises(cebm.NumericsError, match="diverged at step"):
        cebm.Trainer(small("diverging", guard__max_energy_gap=1e-6)).step(100)
    assert trainer.samples(5).shape[0] == 5
    assert trainer.samples(5).abs().max() < 10
    assert "float32" in trainer.engine
