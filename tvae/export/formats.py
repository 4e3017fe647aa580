"""Formats that a run is exported in, and its export in one of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tvae.errors import InputError
from tvae.export.material import Material
from tvae.export.place import check_free, new_folder
from tvae.system.files import file_put_at

FormatName = Literal["projector", "atlas", "onnx", "hub", "torch", "bundle", "report", "markdown", "charts"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A form in which another tool reads a run."""

    told: str
    """What it is for, as a phrase."""
    packages: tuple[str, ...] = ()
    """Packages that it needs beyond those of the app."""
    ending: str = ""
    """Ending of its file; empty for a folder."""
    has_images: bool = False
    """Whether it carries the images of the split, where they are asked for."""


FORMATS: dict[FormatName, Format] = {
    "projector": Format(
        told="TensorBoard: vectors, metadata and thumbnails for its Projector, and training curves",
        packages=("tensorboardX",),
        has_images=True,
    ),
    "atlas": Format(
        told="Parquet for Embedding Atlas and Hugging Face datasets: images, latents, maps, neighbours",
        ending=".parquet",
        has_images=True,
    ),
    "onnx": Format(told="ONNX: encoder and decoder of each arm, for any batch size", packages=("onnx", "onnxscript")),
    "hub": Format(told="a folder an arm for the Hugging Face Hub, with a model card", packages=("huggingface_hub",)),
    "torch": Format(told="weights with a few lines of plain PyTorch that load them"),
    "bundle": Format(told="the whole run with its maps as one zip, which the app takes in", ending=".zip"),
    "report": Format(
        told="one HTML file for people: the answer, figures, curves, maps, reconstructions, settings",
        packages=("matplotlib",),
        ending=".html",
        has_images=True,
    ),
    "markdown": Format(
        told="the same as Markdown with PNGs, as for a paper's appendix", packages=("matplotlib",), has_images=True
    ),
    "charts": Format(told="each chart as SVG and PDF, and its data as CSV", packages=("matplotlib",)),
}
"""Formats by name."""


def format_name(text: str) -> FormatName:
    """The name of a format.

    Raises:
        InputError: there is none of this name.
    """
    for name in FORMATS:
        if name == text:
            return name
    raise InputError(f"to: {text[:40]!r} is not known; there are {', '.join(FORMATS)}")


def checked_format(name: FormatName, out: Path) -> Format:
    """The format of this name, which can be written at `out`.

    Raises:
        InputError: a package that it needs is missing, or `out` has another ending than its file.
    """
    form = FORMATS[name]
    missing = [package for package in form.packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(f"to: {name} needs {' and '.join(missing)}; pip install {' '.join(missing)}")
    if form.ending and out.suffix != form.ending:
        raise InputError(f"out: {out.name[:80]!r} must end in {form.ending}; {name} is one file")
    return form


def export(material: Material, name: FormatName, out: Path) -> list[str]:
    """Write an export at `out`, whole or not at all; returns notes on what a reader must know, a sentence each.

    Raises:
        InputError: it can't be written there (see `checked_format`), or something is at `out` already.
        OSError: the disk is full, or the folder can't be written.
    """
    form, write = checked_format(name, out), _writer(name)
    if not form.ending:
        with new_folder(out) as folder:
            return write(material, folder)
    check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with file_put_at(out) as file:
        return write(material, Path(file.name))


def _writer(name: FormatName) -> Callable[[Material, Path], list[str]]:
    """What writes a format; its packages are imported here, when they are needed."""
    match name:
        case "projector":
            from tvae.export.projector import write_projector

            return write_projector
        case "atlas":
            from tvae.export.atlas import write_atlas

            return write_atlas
        case "onnx":
            from tvae.export.onnx_files import write_onnx

            return write_onnx
        case "hub":
            from tvae.export.hub import write_hub

            return write_hub
        case "torch":
            from tvae.export.torch_folder import write_torch

            return write_torch
        case "bundle":
            from tvae.export.bundle import write_bundle

            return write_bundle
        case "report":
            from tvae.export.report.html_report import write_html

            return write_html
        case "markdown":
            from tvae.export.report.markdown_report import write_markdown

            return write_markdown
        case "charts":
            from tvae.export.report.chart_files import write_charts

            return write_charts
