#!/usr/bin/env python3
"""Runs these tests; if a dependency is missing, prints which one and exits with 77 (skipped)."""
import importlib
import pathlib
import sys

for name, needed in (("torch", "torch==2.15.0"), ("pytest", "pytest"), ("pandas", "pandas"),
                     ("cebm", "the module of this build: cmake -DCEBM_PYTHON=ON -DPython_EXECUTABLE=...")):
    try:
        importlib.import_module(name)
    except ImportError as missing:
        print(f"skipped: {sys.executable} lacks {needed}: {missing}")
        sys.exit(77)

import pytest

sys.exit(pytest.main(["-q", "-rs", "-p", "no:cacheprovider", str(pathlib.Path(__file__).parent), *sys.argv[1:]]))
