"""Configurations, data sets, runs and trainings by name."""
import os
import pathlib

import torch

from . import _cebm


def _words(overrides):
    """Converts overrides to the form of the programs' --set: "train.steps=20"."""
    if overrides is None:
        return []
    if isinstance(overrides, dict):
        return [f"{key}={_yaml(value)}" for key, value in overrides.items()]
    return list(overrides)


def _quoted(text):
    """`text` in YAML's double quotes, with what they or --set would take for something else as escapes."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


def _yaml(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, os.PathLike)):
        return _quoted(os.fspath(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_yaml(item)}" for key, item in value.items()) + "}"
    return str(value)


def _find(name):
    """Finds a configuration file as cebm-train does: from the working folder, then among the package's own."""
    for folder in (pathlib.Path(), pathlib.Path(__file__).parent / "configs"):
        for file in (folder / name, folder / f"{name}.yaml"):
            if file.is_file():
                return file
    return _cebm._find_config(os.fspath(name))


def config(name, overrides=None):
    """The configuration of a file, or of one that comes with the package ("fashion_mnist_cebm_quick"). The suffix .yaml
    may be left out; a file of the working folder comes first.

    overrides: {"train.steps": 20, "model.encoder.hidden": [64], "data.path": "my #1 pictures"}, where a str is text
    as it is, or ["train.steps=20", ...] as cebm-train's --set takes them, in YAML.
    Raises ConfigError with file, line, what was expected and what was found; warns of each setting that has no effect.
    """
    return _cebm.Config._load(_find(name), _words(overrides))


def dataset(name, split="train", root="", options=None):
    """The images and labels of a data set, in memory; the names are those of cebm-data list.

    name: may also be a configuration, for its set. options: the set's own, {"limit": 1000}. root: folder that holds the
    data sets; default $CEBM_DATA and the usual places. Raises ConfigError if root is no folder, DataError if the set is
    not there; the message says how to get it.
    """
    chosen = {f"data.{key}": value for key, value in (options or {}).items()}
    base = name
    if not isinstance(name, _cebm.Config):
        base, chosen = _cebm.Config.parse("{}"), {"data": name, **chosen}
    return _cebm._dataset(base._with(_words(chosen)), split, root)


def open_run(directory, device="cpu", weights="average"):
    """The newest intact checkpoint of a run, as a model to evaluate and to sample from.

    weights: "average" (the moving average, where the run keeps one) or "live". The weights do not require gradients;
    run.requires_grad_() changes that. Raises CheckpointError.
    """
    return _cebm._open_run(directory, str(device), weights)


def train(config, directory, *, data_root="", init_from="", device="cpu", resume=False, on_metrics=None,
          on_message=None):
    """Runs a whole training into `directory`, as cebm-train does: checkpoints, metrics, pictures, report, event file.

    on_metrics(step, {name: value}) is called for every row of metrics, on_message(text) for other messages. Ctrl-C or
    an exception in a callback saves and stops; resume=True continues. Returns "finished", "stopped" or "out_of_time".
    """
    return _cebm._train(config, directory, data_root, init_from, str(device), resume, on_metrics, on_message)


def _run_dataset(run, split="train", root=""):
    """The data set that the run was trained on."""
    return _cebm._dataset(run.config, split, root)


def _chains(steps, init, seed, data_root, sampler, compose):
    """The arguments that all chains share."""
    if isinstance(init, os.PathLike):
        init = os.fspath(init)
    if not isinstance(init, (str, torch.Tensor, type(None))):
        raise TypeError(f"init: expected a name, a file or a torch tensor, found {type(init)}")
    compose = list(compose)
    for other in compose:
        if not isinstance(other, _cebm.Run):
            raise TypeError(f"compose: expected runs, found {type(other)}")
    return _cebm._Chains(steps, init, seed, data_root, None if sampler is None else _words(sampler), compose)


def _run_sample(run, n=None, steps=None, init=None, seed=1, components=(), codes=None, data_root="", sampler=None,
                joint_steps=0, compose=()):
    """Images as cebm-sample draws them, [n, C, H, W] in [-1, 1] on the CPU: chains of the run's sampler, or draws from
    the prior of a model that generates, which refuses what belongs to chains.

    n: by default 64, or as many as there are images to start from. steps: of each chain, by default 500.
    init: 'noise' (the default), 'buffer', 'data', 'data_noise', 'gaussian', an .npy file, or images to start from,
    floating-point [N, C, H, W] in [-1, 1].
    components, codes: n chains of p(x | y) for each component y, of p(x | z) for each code [N, K].
    sampler: settings of the run's sampler for these chains, {"alpha": 0.01} or ["alpha=0.01"] as cebm-sample's
    --sampler-option takes them.
    joint_steps: chains of p(x, z), with this many steps for each draw of z; it divides `steps`.
    compose: other runs, whose energies are added: chains of the product of the densities.
    Raises ConfigError for arguments that do not fit the run; warns where settings have no effect or chains do not move.
    """
    return run._sample(n, list(components), codes, joint_steps,
                       _chains(steps, init, seed, data_root, sampler, compose))


def _run_restore(run, images, missing=None, noise=None, tries=1, steps=None, init=None, seed=1, temperature=None,
                 data_root="", sampler=None, compose=()):
    """Images completed or denoised by chains, [N, tries, C, H, W] in [-1, 1] on the CPU, as by cebm-sample's --inpaint
    and --denoise.

    images: floating-point [N, C, H, W] in [-1, 1], noisy already where `noise` is given.
    missing: a mask [H, W] or [1 or C, H, W], 1 or True where a pixel is filled in: chains of p(x_missing | x_held).
    noise: standard deviation of the noise on the images: chains of p(x | noisy x), which start from the images unless
    init says otherwise. temperature: T of exp{-E(x) / T}, in which the noise is weighed; by default the sampler's.
    tries: chains for each image. steps, init, seed, data_root, sampler, compose: as in `sample`.
    Raises ConfigError for arguments that do not fit the run or each other.
    """
    return run._restore(images, missing, noise, temperature, tries,
                        _chains(steps, init, seed, data_root, sampler, compose))


_cebm.Run.dataset = _run_dataset
_cebm.Run.sample = _run_sample
_cebm.Run.restore = _run_restore
