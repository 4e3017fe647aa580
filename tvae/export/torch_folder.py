"""Folder with weights and a few lines of plain PyTorch that load them."""

from __future__ import annotations

from pathlib import Path

import safetensors.numpy

from tvae.export.material import WRITTEN_BY, Material
from tvae.export.plain_torch import plain_torch
from tvae.model.heads import without_heads
from tvae.runs.weights import read_weights


def write_torch(material: Material, folder: Path) -> list[str]:
    """Write `<arm>.safetensors`, as float32, and `load_<arm>.py`, which needs torch and safetensors alone."""
    run = material.run
    for arm, name in material.names.items():
        metadata = {"format": "pt", "arm": arm, "written_by": WRITTEN_BY}
        content = safetensors.numpy.save(without_heads(read_weights(run, arm)), metadata)
        (folder / f"{arm}.safetensors").write_bytes(content)
        lines = plain_torch(run.image_shape, run.config.model, f"{arm}.safetensors")
        (folder / f"load_{arm}.py").write_text(f"# {name}. {material.told}.\n{lines}", encoding="utf-8")
    return []
