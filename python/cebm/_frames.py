"""Records of a run as pandas frames."""
import json
import pathlib

import numpy

from . import _cebm, _open


def _pandas():
    try:
        import pandas
    except ImportError as missing:
        raise ImportError("frames need pandas: pip install pandas") from missing
    return pandas


def _folder(run):
    return pathlib.Path(getattr(run, "directory", run))


def metrics(run):
    """metrics.csv of a run (a Run or its directory): a row every train.log_every steps, indexed by the step.

    The run's metrics.json describes the columns.
    """
    # Read as text first: the precision with which pandas parses numbers depends on its version.
    frame = _pandas().read_csv(_folder(run) / "metrics.csv", dtype=str, keep_default_na=False).astype(float)
    return frame.astype({"step": int}).set_index("step")


def _numbers(value, place):
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, (int, float)):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = item["name"] if isinstance(item, dict) and "name" in item else number
            yield from _numbers(item, f"{place}.{name}" if place else str(name))


def results(run):
    """The numbers in the results of cebm-eval below <run>/eval.

    Columns: folder ("few-shot"), evaluator, step, seed, quantity ("spaces.latent.10.mean"), value.
    """
    rows = []
    for file in sorted((_folder(run) / "eval").rglob("result.json")):
        whole = json.loads(file.read_text())
        origin = whole.get("provenance", {})
        for quantity, value in _numbers(whole["result"], ""):
            rows.append((file.parent.relative_to(_folder(run) / "eval").as_posix(), whole["evaluator"],
                         origin.get("step"), origin.get("seed"), quantity, value))
    return _pandas().DataFrame(rows, columns=["folder", "evaluator", "step", "seed", "quantity", "value"])


def _frame(arrays):
    columns = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        else:
            columns.update({f"{name}.{number}": values for number, values in enumerate(array.T)})
    # A column may have been computed for the first images only.
    pandas = _pandas()
    return pandas.DataFrame({name: pandas.Series(values) for name, values in columns.items()})


def columns(run, names=None, images=None):
    """Per-image quantities, one row per image; a vector has a column for each entry: "latent.0".

    With images, float32 [B, C, H, W]: a frame of the quantities in `names` (default energy and latent), computed by
    run.column; a directory is opened by open_run(). Without: a frame for each data set of what cebm-eval stored for the
    run: {"fashion_mnist_test": frame}. Raises ConfigError for a name that is not in column_names().
    """
    known = _cebm.column_names()
    for name in names or []:
        if name not in known:
            raise _cebm.ConfigError(f"columns: expected names out of {', '.join(known)}, found '{name}'")
    if images is not None:
        run = run if isinstance(run, _cebm.Model) else _open.open_run(run)
        return _frame({name: run.column(name, images).numpy() for name in names or ["energy", "latent"]})
    frames = {}
    for index in sorted((_folder(run) / "eval/columns").glob("*/columns.json")):
        kept = json.loads(index.read_text())["columns"]
        frames[index.parent.name] = _frame({name: numpy.load(index.parent / f"{name}.npy") for name in sorted(kept)
                                            if names is None or name in names})
    return frames
