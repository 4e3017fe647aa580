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

    title: str
    """What a person knows it by."""
    told: str
    """What it is for, as a phrase."""
    packages: tuple[str, ...] = ()
    """Packages that it needs beyond those of the app."""
    ending: str = ""
    """Ending of its file; empty for a folder."""
    has_images: bool = False
    """Whether it carries the images of the split, where they are asked for."""
    has_whole_run: bool = False
    """Whether it has all arms and splits, whichever are chosen."""


FORMATS: dict[FormatName, Format] = {
    "projector": Format(
        title="TensorBoard",
        told="latent means and thumbnails for its Projector, curves",
        packages=("tensorboardX",),
        has_images=True,
    ),
    "atlas": Format(
        title="Parquet",
        told="a row an image, for Embedding Atlas, pandas, datasets",
        ending=".parquet",
        has_images=True,
    ),
    "onnx": Format(
        title="ONNX", told="encoder and decoder of each arm, any batch size", packages=("onnx", "onnxscript")
    ),
    "hub": Format(title="Hugging Face Hub", told="a folder an arm, with a model card", packages=("huggingface_hub",)),
    "torch": Format(title="Plain PyTorch", told="weights, and lines that load them without this app"),
    "bundle": Format(
        title="Whole run",
        told="one zip with maps and commands, for this app again",
        ending=".zip",
        has_whole_run=True,
    ),
    "report": Format(
        title="Report",
        told="one HTML file for people: answer, curves, maps, settings",
        packages=("matplotlib",),
        ending=".html",
        has_images=True,
    ),
    "markdown": Format(
        title="Markdown", told="the report with PNGs, for a paper's appendix", packages=("matplotlib",), has_images=True
    ),
    "charts": Format(title="Charts", told="each as SVG and PDF, with its data as CSV", packages=("matplotlib",)),
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


def missing_packages(name: FormatName) -> list[str]:
    """Packages that a format needs and that are not installed."""
    return [package for package in FORMATS[name].packages if importlib.util.find_spec(package) is None]


def checked_format(name: FormatName, out: Path) -> Format:
    """The format of this name, which can be written at `out`.

    Raises:
        InputError: a package that it needs is missing, or `out` has another ending than its file.
    """
    form = FORMATS[name]
    if missing := missing_packages(name):
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
