"""Shell command that trains a given config."""

from __future__ import annotations

import shlex
from dataclasses import replace

from tvae.config import RunConfig, vae_and_tvae


def train_command(config: RunConfig, out: str, triplets: str | None = None) -> str:
    """The line for a shell that trains this run into the folder `out`, with the settings that are not the default.

    Args:
        triplets: file of the given triplets, where the config names some; None: the text that the config has for it.

    Raises:
        ValueError: no command line asks for these arms: they are not a TVAE with its VAE, and not a VAE alone, maybe
            with the TVAE's loss by other notions beside them.
    """
    words = ["python", "-m", "tvae", "train", "--out", out]
    if config.arms.keys() == {"vae"}:
        words += ["--preset", "vae"]
        loss, notions = config.arms["vae"], {}
    elif config.arms.keys() >= {"vae", "tvae"}:
        loss = replace(config.arms["tvae"], notion=config.arms["vae"].notion)
        usual = vae_and_tvae(loss)
        notions = {arm: own.notion for arm, own in config.arms.items() if own != usual.get(arm)}
        usual |= {arm: replace(loss, notion=notion) for arm, notion in notions.items()}
        if list(config.arms.items()) != list(usual.items()) or not all(notions.values()):
            raise ValueError(f"no command line trains the arms {', '.join(config.arms)} alone")
    else:
        raise ValueError(f"no command line trains the arms {', '.join(config.arms)} alone")
    for section in (config.data, config.model, loss, config.train):
        default = type(section)().options()
        for option, value in section.options().items():
            if value != default[option]:
                words += [f"--{option}", str(value) if option != "data.triplets" or triplets is None else triplets]
    for arm, notion in notions.items():
        words += [f"--arms.{arm}.notion", notion]
    return shlex.join(words)
