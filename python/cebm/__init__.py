"""Conjugate energy-based models: the C++ library cebm from Python.

    import cebm
    run = cebm.open_run("runs/quickstart")
    test = run.dataset("test")
    energies = run.energy(test.floats(0, 100))          # [100], as cebm-eval computes them
    codes = run.latent(test.floats(0, 100))             # [100, K]
    images = run.sample(64, steps=500, seed=1)          # [64, C, H, W] in [-1, 1], as cebm-sample draws them
    trainer = cebm.Trainer(cebm.config("fashion_mnist_cebm_quick", {"train.steps": 100}))
    trainer.step()                                      # {"loss": ..., "energy_data": ..., ...}

Images are float32 [B, C, H, W]. Results are torch tensors; what is differentiable in C++ is differentiable here.
"""
import torch as _torch

from . import _cebm

if _torch.__version__.split("+")[0] != _cebm.torch_version:
    raise ImportError(
        f"cebm was built with torch {_cebm.torch_version}, and this is torch {_torch.__version__}: install that version, "
        "or build cebm anew with this one: pip install --no-build-isolation --force-reinstall --no-deps ./python")

from ._cebm import (CheckpointError, Config, ConfigError, DataError, Dataset, Error, IoError, Model, NumericsError,
                    Posterior, Run, Trainer, column_names)
from ._frames import columns, metrics, results
from ._open import config, dataset, open_run, train

__version__ = _cebm.version
__all__ = ["CheckpointError", "Config", "ConfigError", "DataError", "Dataset", "Error", "IoError", "Model",
           "NumericsError", "Posterior", "Run", "Trainer", "column_names", "columns", "config", "dataset", "metrics",
           "open_run", "results", "train"]
