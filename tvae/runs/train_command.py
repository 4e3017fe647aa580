"""Shell command that trains a given config."""

from __future__ import annotations

import shlex
from dataclasses import fields

from tvae.config import RunConfig, vae_and_tvae


def train_command(config: RunConfig, out: str) -> str:
    """The line for a shell that trains this run into the folder `out`, told as what differs from the defaults.

    Raises:
        ValueError: the arms are not a TVAE and the VAE beside it, which is what the command line can ask for.
    """
    loss = config.arms.get("tvae")
    if loss is None or config.arms != vae_and_tvae(loss):
        raise ValueError(f"no command line trains the arms {', '.join(config.arms)} alone")
    usual = RunConfig()
    words = ["python", "-m", "tvae", "train", "--out", out]
    for section, given, default in (
        ("data", config.data, usual.data),
        ("model", config.model, usual.model),
        ("loss", loss, usual.arms["tvae"]),
        ("train", config.train, usual.train),
    ):
        for field in fields(given):
            value = getattr(given, field.name)
            if value != getattr(default, field.name):
                words += [f"--{section}.{field.name.replace('_', '-')}", str(value)]
    return shlex.join(words)
