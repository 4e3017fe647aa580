"""ONNX: encoder and decoder of each arm, for any number of images at once."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tvae.export.material import WRITTEN_BY, Material
from tvae.model.layers import ImageShape
from tvae.model.vae import VAE
from tvae.runs.evaluation import load_model


class Encoder(nn.Module):
    """The encoder of an arm as a module of its own."""

    def __init__(self, vae: VAE) -> None:
        super().__init__()
        self._vae = vae

    def forward(self, images: Float[Tensor, "batch height width channels"]) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each image's posterior; pixels from 0 to 1."""
        mean, log_var = self._vae.encode(images.flatten(1))
        return mean, log_var


class Decoder(nn.Module):
    """The decoder of an arm as a module of its own."""

    def __init__(self, vae: VAE, image_shape: ImageShape) -> None:
        super().__init__()
        self._vae, self._shape = vae, image_shape

    def forward(self, latents: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch height width channels"]:
        """The image of each row of latents, pixels from 0 to 1."""
        return self._vae.decode(latents).unflatten(1, self._shape)


def write_onnx(material: Material, folder: Path) -> list[str]:
    """Write `<arm>-encoder.onnx` (images -> mean, log_var) and `<arm>-decoder.onnx` (latents -> images)."""
    shape, latents = material.run.image_shape, material.run.config.model.latent_dim
    for arm, name in material.names.items():
        vae = load_model(material.run, arm)
        encoder, decoder = Encoder(vae).eval(), Decoder(vae, shape).eval()
        for part, module, example, names in (
            ("encoder", encoder, torch.zeros(2, *shape), (["images"], ["mean", "log_var"])),
            ("decoder", decoder, torch.zeros(2, latents), (["latents"], ["images"])),
        ):
            with _quiet():
                program = torch.onnx.export(
                    module,
                    (example,),
                    input_names=names[0],
                    output_names=names[1],
                    dynamic_shapes=({0: torch.export.Dim("batch")},),
                    dynamo=True,
                    verbose=False,
                )
            assert program is not None
            model = program.model
            model.producer_name, model.doc_string = WRITTEN_BY, f"{part} of {name}. {material.told}."
            program.save(folder / f"{arm}-{part}.onnx")
    return []


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Context in which the exporter says nothing: what it says is of its own packages, not of the network."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)
