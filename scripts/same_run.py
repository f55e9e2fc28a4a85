#!/usr/bin/env python3
"""Compares two runs that were trained by any numbers of ranks: metrics.csv, events.csv and every tensor and value of
the newest checkpoint, byte for byte. Exits with 1 and prints the differences unless they are the same.

    scripts/same_run.py RUN OTHER_RUN [--within RELATIVE]

--within: only the steps and the tensors, and of float32 tensors those that differ by more than this in norm.
"""
import array
import json
import math
import pathlib
import struct
import sys


def tensors(file):
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, entry["dtype"], entry["shape"], data[8 + length + begin : 8 + length + end]


def put_together(parts):
    """Joins the parts of R ranks: row i of the whole is row i / R of rank i mod R."""
    shapes = [shape for _, shape, _ in parts]
    rows = sum(shape[0] for shape in shapes)
    size = next(len(data) // shape[0] for _, shape, data in parts if shape[0])
    whole = b"".join(parts[i % len(parts)][2][i // len(parts) * size :][:size] for i in range(rows))
    return parts[0][0], [rows] + shapes[0][1:], whole


def newest(run):
    return max((run / "checkpoints").glob("step_*[0-9]"), key=lambda folder: int(folder.name[5:]))


def content(run):
    folder = newest(run)
    state = json.loads((folder / "state.json").read_text())
    found = {"step": state["step"], **{f"{name} values": values for name, values in state["parts"].items()}}
    for part in state["parts"]:
        for name, *rest in tensors(folder / f"{part}.safetensors"):
            found[f"{part}.{name}"] = tuple(rest)
    for part in state.get("dealt", []):
        dealt = [list(tensors(folder / f"{part}.rank_{r}.safetensors")) for r in range(state["ranks"])]
        for entries in zip(*dealt):
            found[f"{part}.{entries[0][0]}"] = put_together([entry[1:] for entry in entries])
    for file in ("metrics.csv", "events.csv"):
        found[file] = (run / file).read_text() if (run / file).exists() else ""
    return found


def distance(one, other):
    """Norm of the difference of two float32 tensors of one shape, relative to the norm of the first."""
    a, b = array.array("f", one[2]), array.array("f", other[2])
    norm = math.sqrt(sum(x * x for x in a)) or 1.0
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b))) / norm


def difference(one, other, within):
    """How two tensors (type, shape, bytes) differ by more than `within`; None if they do not.

    >>> def of(*values):
    ...     return "F32", [len(values)], array.array("f", values).tobytes()
    >>> difference(of(3, 4), of(3, 4.25), 0.1)
    >>> difference(of(3, 4), of(3, 4.5), 0.05)
    'differs by 0.1 of its norm'
    >>> difference(of(3, 4), of(3, math.nan), 0.1)
    'differs by nan of its norm'
    >>> difference(of(3, 4), of(3, 4, 5), 0.1)
    'is F32 [2] and F32 [3]'
    >>> difference(of(3, 4), ("I32", *of(3, 4)[1:]), 0.1)
    'is F32 [2] and I32 [2]'
    >>> difference(of(3, 4), of(3, 4.25), 0.0)
    'differs'
    """
    if one == other:
        return None
    if one[:2] != other[:2]:
        return f"is {one[0]} {one[1]} and {other[0]} {other[1]}"
    if not within or one[0] != "F32":
        return "differs"
    found = distance(one, other)
    return None if found <= within else f"differs by {found:.2g} of its norm"  # NaN differs


def main():
    within = 0.0
    words = sys.argv[1:]
    if "--within" in words:
        at = words.index("--within")
        within = float(words[at + 1])
        del words[at : at + 2]
    one, other = (content(pathlib.Path(run)) for run in words)
    different = [f"{name}: only in one" for name in one.keys() ^ other.keys()]
    for name in sorted(one.keys() & other.keys()):
        if isinstance(one[name], tuple):
            if found := difference(one[name], other[name], within):
                different.append(f"{name}: {found}")
        elif one[name] != other[name] and (not within or name == "step"):
            different.append(f"{name}: differs")
    print("\n".join(different) or f"{words[0]} and {words[1]} are the same")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
