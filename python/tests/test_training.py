"""Trainings from Python end as those of cebm-train, byte for byte."""
import fcntl
import pathlib
import shutil
import statistics

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
    rows = {step: trainer.step() for step in range(8, 21)}
    assert (trainer.done, trainer.steps) == (20, 20)
    found = files_of(trainer.save(tmp_path))
    expected = files_of(runs[model] / "checkpoints/step_000000020")
    assert sorted(found) == sorted(expected) and "model.safetensors" in found
    for name, content in expected.items():
        assert found[name] == content, name
    opened = cebm.open_run(tmp_path, weights="live")
    for name, tensor in trainer.model.state_dict().items():
        assert torch.equal(opened.state_dict()[name], tensor)
    # A row of metrics.csv: means of the steps since the row before, and what is measured at its step.
    frame = cebm.metrics(runs[model])
    before, last = frame.index[-2:]
    assert (before, last) == (14, 20)
    for name in ("loss", "gradient_norm"):
        mean = statistics.fmean(rows[step][name] for step in range(before + 1, last + 1))
        assert frame[name][last] == pytest.approx(mean, rel=1e-12), name
    measured = trainer.measure()
    assert measured
    for name, value in measured.items():
        assert frame[name][last] == value, name


def test_a_gradient_of_the_caller_s_own_does_not_enter_a_step():
    disturbed, undisturbed = (cebm.Trainer(small("cebm", train__steps=9)) for _ in range(2))
    for trainer in (disturbed, undisturbed):
        trainer.step(3)
    disturbed.model.energy(disturbed.data.floats(0, 5)).sum().backward()
    assert any(weight.grad is not None for weight in disturbed.model.parameters())
    assert disturbed.step() == undisturbed.step()
    for name, tensor in undisturbed.model.state_dict().items():
        assert torch.equal(disturbed.model.state_dict()[name], tensor), name


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


def test_ctrl_c_saves_and_raises_keyboard_interrupt(press_ctrl_c, tmp_path):
    press_ctrl_c(1.0)
    with pytest.raises(KeyboardInterrupt):
        cebm.train(small("cebm", train__steps=1000000), tmp_path / "run")
    assert cebm.open_run(tmp_path / "run").step > 0


def test_ctrl_c_ends_the_steps_of_a_trainer_which_goes_on_from_there(press_ctrl_c):
    trainer, undisturbed = (cebm.Trainer(small("cebm", train__steps=100000)) for _ in range(2))
    trainer.step()
    press_ctrl_c(0.3)
    with pytest.raises(KeyboardInterrupt):
        trainer.step(99999)
    done = trainer.done
    assert 1 <= done < 100000
    values = trainer.step(3)
    assert trainer.done == done + 3
    assert undisturbed.step(done + 3) == values
    for name, tensor in trainer.model.state_dict().items():
        assert torch.equal(undisturbed.model.state_dict()[name], tensor), name


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_trainer_saves_where_no_other_run_is(runs, tmp_path):
    shutil.copytree(runs["cebm"], tmp_path / "trained")
    mine, other = (cebm.Trainer(small("cebm", train__steps=9)) for _ in range(2))
    mine.step(2)
    other.step(3)
    other.save(tmp_path / "others")
    for name in ("trained", "others"):
        before = contents(tmp_path / name)
        with pytest.raises(cebm.ConfigError, match="already holds a run"):
            mine.save(tmp_path / name)
        assert contents(tmp_path / name) == before


def test_a_trainer_saves_beside_its_own_checkpoints(tmp_path, monkeypatch):
    config = small("cebm", train__steps=9)
    trainer = cebm.Trainer(config)
    trainer.step(2)
    trainer.save(tmp_path / "run")
    trainer.step(2)
    monkeypatch.chdir(tmp_path)
    assert trainer.save("run") == pathlib.Path("run/checkpoints/step_000000004")
    assert trainer.save(f"{tmp_path}/run/") == tmp_path / "run/checkpoints/step_000000004"
    assert sorted(folder.name for folder in (tmp_path / "run/checkpoints").iterdir()) == [
        "step_000000002", "step_000000004"]
    assert not (tmp_path / "run/.lock").exists()
    # It is the run of the training that goes on with it.
    assert cebm.train(config, tmp_path / "run", resume=True) == "finished"
    trainer.step()
    with pytest.raises(cebm.ConfigError, match="already holds a run"):
        trainer.save(tmp_path / "run")


def test_a_trainer_does_not_save_where_another_process_trains(tmp_path):
    trainer = cebm.Trainer(small("cebm", train__steps=2))
    with open(tmp_path / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(cebm.IoError, match="is training in this directory"):
            trainer.save(tmp_path)
    assert not (tmp_path / "config.yaml").exists()


def test_a_trainer_that_cannot_save_raises_the_library_s_error(tmp_path):
    trainer = cebm.Trainer(small("cebm", train__steps=2))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(cebm.IoError, match="file"):
        trainer.save(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_trainer_says_what_it_cannot_do():
    trainer = cebm.Trainer(small("cebm", train__steps=2))
    with pytest.raises(cebm.ConfigError, match="nothing to measure"):
        trainer.measure()
    trainer.step(2)
    with pytest.raises(cebm.ConfigError, match="all its 2 steps"):
        trainer.step()
    with pytest.raises(cebm.ConfigError, match="found 0"):
        trainer.step(0)
    with pytest.raises(cebm.ConfigError, match="samples: .* found -1"):
        trainer.samples(-1)
    with pytest.raises(cebm.NumericsError, match="diverged at step"):
        cebm.Trainer(small("diverging", guard__max_energy_gap=1e-6)).step(100)
    assert trainer.samples(5).shape[0] == 5
    assert trainer.samples(5).abs().max() < 10
    assert "float32" in trainer.engine
