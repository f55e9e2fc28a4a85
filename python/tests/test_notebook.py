"""examples/notebook.ipynb runs from its first cell to its last."""
import pytest

import cebm
from conftest import ROOT

nbconvert = pytest.importorskip("nbconvert.preprocessors", reason="needs nbconvert, ipykernel and matplotlib")
pytest.importorskip("ipykernel", reason="needs ipykernel")
pytest.importorskip("matplotlib", reason="needs matplotlib")


def test_the_notebook_runs(tmp_path):
    import nbformat

    try:
        cebm.dataset("fashion_mnist", "test")
    except cebm.DataError as missing:
        pytest.skip(str(missing))
    notebook = nbformat.read(ROOT / "examples/notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    done, _ = nbconvert.ExecutePreprocessor(timeout=300).preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    pictures = [output for cell in done.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert len(pictures) == 4
