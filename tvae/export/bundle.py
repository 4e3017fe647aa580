"""Bundle: a run with its layouts as one zip, which the app takes in."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from tvae.config import PRESETS, Section, vae_and_tvae
from tvae.errors import InputError
from tvae.export.material import Material
from tvae.maps.moved_layouts import LAYOUTS, kept_layouts
from tvae.runs.run import CARD, Run
from tvae.runs.run_zip import write_run_zip
from tvae.runs.triplets import TRIPLETS
from tvae.system.user_folders import default_layouts_folder
from tvae.version import VERSION


def write_bundle(material: Material, file: Path) -> list[str]:
    """Write the whole run, with the layouts of it that the run or this user keeps and a README with its commands.

    Raises:
        InputError: not all arms are asked for; a bundle is taken in as the run that it is.
    """
    run = material.run
    if set(material.arms) != set(run.config.arms):
        raise InputError(f"arm: a bundle holds all arms of the run, {', '.join(run.config.arms)}; name none")
    layouts = kept_layouts((run.folder / LAYOUTS, default_layouts_folder()), material.encoding)
    with file.open("wb") as stream:
        write_run_zip(stream, run.folder, layouts, _card(run))
    return [] if layouts else ["It has no maps: `python -m tvae layouts RUN` computes them."]


def _card(run: Run) -> str:
    """The run's model card, with the commands that bring it back and make it again."""
    path = run.folder / CARD
    card = path.read_text(encoding="utf-8") if path.exists() else f"# {run.name}\n"
    again = command_of(run)
    lines = (
        f"These settings trained it; they take the data set {run.config.data.name!r}:\n\n    {again}\n\n"
        if again
        else "`config.json` holds the settings that trained it.\n\n"
    )
    return f"""{card}
## This zip

Made by TVAE Explorer {VERSION}. In the app, *Training* takes it in under *A run's zip*: everything is measured anew
there, and its maps are kept.

## Make it again

{lines}The same settings give the same run on the same kind of machine; on another one, figures differ by rounding.
"""


def command_of(run: Run) -> str:
    """The command that trains a run of these settings; empty where no command names its arms."""
    config = run.config
    preset = next((name for name, one in PRESETS.items() if one.arms == config.arms), "paper")
    default = PRESETS[preset]
    pairs: list[tuple[Section, Section]] = [
        (config.data, default.data),
        (config.model, default.model),
        (replace(config.train, epochs=max(1, round(run.trained_epochs))), default.train),
    ]
    if default.arms != config.arms:
        loss = config.arms.get("tvae")
        if loss is None or config.arms != vae_and_tvae(loss):
            return ""
        pairs.append((loss, default.arms["tvae"]))
    words = ["python", "-m", "tvae", "train", "--out", "NEW-FOLDER"]
    words += ["--preset", preset] if preset != "paper" else []
    for section, usual in pairs:
        for option, value in section.options().items():
            if value != usual.options()[option]:
                words += [f"--{option}", TRIPLETS if option == "data.triplets" else str(value)]
    return shlex.join(words)
