"""Own images of digits on paper, photographed in uneven light: the share that the votes get right.

python -m benchmarks.photographs [--digits N] prints a table. The paper is simulated, the digits are
test images of MNIST.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

from tvae.data import load_split
from tvae.errors import InputError
from tvae.explore.image_text import ink_from_text, ink_to_text
from tvae.explore.ink import detected_ink
from tvae.explore.new_image import encode_new_image
from tvae.explore.preparation import measured_placement, prepared_image
from tvae.explore.upload import read_upload
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network

ROOT = Path(__file__).parents[1]
RUN = ROOT / "checkpoints" / "mnist"
VOTERS = 15
SEED = 0

Light = Literal["clean", "linear", "radial", "both", "shadow"]
"""clean: the image itself, enlarged, white on black; linear, radial: 60 grey levels of fall-off across the paper; both:
60 of each; shadow: an edge of 50 levels across the paper and 30 levels of linear fall-off."""
_SIZE = 300
"""Pixels a side of a photograph."""
_PAPER, _PENS = 225.0, (50.0, 130.0)
"""Grey levels of the paper and of the darkest and faintest pen, in full light."""


def photograph(image: UInt8[np.ndarray, "h w"], light: Light, random: np.random.Generator) -> bytes:
    """The digit written on paper and photographed, as a JPEG: turned, off the middle, with grain, in this light."""
    if light == "clean":
        return _saved(Image.fromarray(image).resize((10 * image.shape[1], 10 * image.shape[0])), "PNG")
    side = int(random.integers(120, 200))
    ink = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    ink = ink.rotate(random.uniform(-8, 8), Image.Resampling.BICUBIC)
    page = Image.new("L", (_SIZE, _SIZE))
    free = _SIZE - side
    left, top = random.integers(round(0.3 * free), round(0.7 * free), 2).tolist()
    page.paste(ink, (left, top))
    grain = ndimage.gaussian_filter(random.normal(size=(_SIZE, _SIZE)), 2)
    reflected = _PAPER + 3 * grain / grain.std() + random.normal(scale=3, size=grain.shape)
    reflected += (random.uniform(*_PENS) - _PAPER) * np.asarray(page) / 255
    shaded = reflected * _illumination(light, random)
    return _saved(Image.fromarray(shaded.clip(0, 255).round().astype(np.uint8)), "JPEG")


def _illumination(light: Light, random: np.random.Generator) -> Float[np.ndarray, "size size"]:
    """The share of the full light that falls on each pixel."""
    down, across = np.mgrid[-1 : 1 : _SIZE * 1j, -1 : 1 : _SIZE * 1j]
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * across + np.sin(angle) * down
    slope = (slope - slope.min()) / np.ptp(slope)
    distance = np.hypot(down, across) / np.sqrt(2)
    levels = {"linear": (60, 0, 0), "radial": (0, 60, 0), "both": (60, 60, 0), "shadow": (30, 0, 50)}[light]
    angle = random.uniform(0, 2 * np.pi)
    side = np.cos(angle) * across + np.sin(angle) * down > random.uniform(-0.4, 0.4)
    dark = ndimage.gaussian_filter(side.astype(float), 2)
    return 1 - (levels[0] * slope + levels[1] * distance**2 + levels[2] * dark) / _PAPER


def _saved(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def shares_right(light: Light, digits: int) -> dict[str, float]:
    """Share of the test images `digits` to be voted for rightly by each arm, sent as photographs in this light."""
    run = read_run(RUN)
    encoding = read_encoding(run, "test")
    if encoding is None:
        raise InputError(f"run {run.name}: holds no encoding of its test split; evaluate it again")
    split = load_split("mnist", "test")
    placement = measured_placement(split.images[..., 0])
    rows = np.random.default_rng(SEED).permutation(len(split))[:digits]
    right = dict.fromkeys(run.config.arms, 0)
    networks = {arm: network(run, arm) for arm in right}
    for row in rows:
        # A random stream for each row: the paper of one does not depend on how many came before.
        sent = read_upload(photograph(split.images[row, ..., 0], light, np.random.default_rng((SEED, row))))
        ink = ink_from_text(ink_to_text(detected_ink(sent.grey).ink))
        if ink is None:
            continue
        image = prepared_image(ink, placement)
        for arm in right:
            # One more neighbour than votes: the image itself is among the test images.
            seen = encode_new_image(
                networks[arm], encoding.arms[arm], encoding.labels, 10, image[..., None], VOTERS + 1
            )
            nearest = seen.votes.nearest.rows[0]
            voters = nearest[nearest != row][:VOTERS]
            right[arm] += int(np.bincount(encoding.labels[voters]).argmax() == split.labels[row])
    return {arm: count / len(rows) for arm, count in right.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=int, default=200)
    digits = parser.parse_args().digits
    print(f"Right votes of {digits} MNIST test digits, k = {VOTERS}, seed {SEED}:")
    for light in get_args(Light):
        print(light, ", ".join(f"{arm} {100 * share:.1f} %" for arm, share in shares_right(light, digits).items()))


if __name__ == "__main__":
    main()
