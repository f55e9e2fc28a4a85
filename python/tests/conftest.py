"""Fixtures that the tests share: the built programs, and small runs trained by them."""
import os
import pathlib
import signal
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("CEBM_PROGRAMS", ROOT / "build/bin"))
CONFIGS = ROOT / "tests/configs/reliability"
MODELS = ["cebm", "cebmm", "igebm", "vae", "gmm_vae"]
EBMS = MODELS[:3]


def program(name, *words):
    """Runs one of the programs and returns its standard output."""
    return subprocess.run([PROGRAMS / name, *map(str, words)], check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def small(model, **settings):
    import cebm
    return cebm.config(CONFIGS / f"{model}.yaml", {key.replace("__", "."): value for key, value in settings.items()})


@pytest.fixture(autouse=True)
def one_thread():
    """Models this small gain nothing from more threads; some tests set another number."""
    import torch
    torch.set_num_threads(1)


@pytest.fixture
def press_ctrl_c():
    """press_ctrl_c(seconds) sends SIGINT after that time, to Python's handler: in background processes shells set the
    signal to be ignored, and Python keeps that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timers = []

    def press(seconds):
        timers.append(threading.Timer(seconds, lambda: signal.raise_signal(signal.SIGINT)))
        timers[-1].start()

    yield press
    for timer in timers:
        timer.cancel()
        timer.join()
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The directory of a run of each model, 20 steps by cebm-train."""
    if not (PROGRAMS / "cebm-train").exists():
        pytest.skip(f"no programs in {PROGRAMS}: build cebm-train, or set CEBM_PROGRAMS")
    folder = tmp_path_factory.mktemp("runs")
    for model in MODELS:
        program("cebm-train", "--config", CONFIGS / f"{model}.yaml", "--out", folder / model, "--set", "train.steps=20",
                "--set", "checkpoint.every=10", "--threads", 1, "--quiet")
    return {model: folder / model for model in MODELS}
