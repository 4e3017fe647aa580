"""Shell command that trains a given config."""

from __future__ import annotations

import shlex

from tvae.config import RunConfig, vae_and_tvae


def train_command(config: RunConfig, out: str, triplets: str = "") -> str:
    """The line for a shell that trains this run into the folder `out`, with the settings that are not the default.

    Args:
        triplets: file of the given triplets, where the config names some.

    Raises:
        ValueError: no command line asks for these arms: they are not a TVAE with its VAE, and not a VAE alone.
    """
    words = ["python", "-m", "tvae", "train", "--out", out]
    loss = config.arms.get("tvae")
    if config.arms.keys() == {"vae"}:
        loss = config.arms["vae"]
        words += ["--preset", "vae"]
    elif loss is None or config.arms != vae_and_tvae(loss):
        raise ValueError(f"no command line trains the arms {', '.join(config.arms)} alone")
    for section in (config.data, config.model, loss, config.train):
        default = type(section)().options()
        for option, value in section.options().items():
            if value != default[option]:
                words += [f"--{option}", triplets if option == "data.triplets" else str(value)]
    return shlex.join(words)
