"""Writes python.safetensors and python.npy beside this script (packages: numpy, safetensors, torch)."""

import pathlib

import numpy
import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
save_file(
    {
        "bool": torch.tensor([True, False, True]),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "i16": torch.tensor([-32768, 32767], dtype=torch.int16),
        "f16": torch.tensor([0.5, -2.0], dtype=torch.float16),
        "bf16": torch.tensor([0.5, -2.0, 3.0], dtype=torch.bfloat16),
        "i32": torch.tensor([[-7], [8]], dtype=torch.int32),
        "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
        "f64": torch.tensor(0.1, dtype=torch.float64),
        "i64": torch.tensor([2**62, -1]),
        "empty": torch.zeros(0, 3),
    },
    folder / "python.safetensors",
    metadata={"source": "python_arrays.py"},
)
numpy.save(folder / "python.npy", numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4)
