"""Plain PyTorch: lines that load an arm's weights without this package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tvae.config import ModelConfig
from tvae.model.layers import (
    KERNEL,
    PADDING,
    STRIDE,
    Convolution,
    ImageShape,
    Layer,
    Linear,
    Rectifier,
    ToMaps,
    TransposedConvolution,
    architecture,
)

_MAPS = '''
class ToMaps(nn.Module):
    """Flat rows as maps: their channel comes last in a row and first in a map."""

    def __init__(self, height, width, channels):
        super().__init__()
        self.shape = height, width, channels

    def forward(self, rows):
        return rows.view(-1, *self.shape).permute(0, 3, 1, 2)


class ToRows(nn.Module):
    """Maps as flat rows, the channel last."""

    def forward(self, maps):
        return maps.permute(0, 2, 3, 1).flatten(1)

'''


def plain_torch(image_shape: ImageShape, model: ModelConfig, weights: str) -> str:
    """Python that builds an arm with torch and safetensors alone, loads its weights, and encodes and decodes images.

    Args:
        weights: path of the safetensors file, as the text is to name it.
    """
    height, width, channels = image_shape
    layers = architecture(image_shape, model)
    has_maps = any(isinstance(layer, ToMaps) for layer in layers.encoder)
    return f"""import torch
from safetensors.torch import load_file
from torch import nn
{_MAPS if has_maps else ""}
vae = nn.Module()
vae.encoder = {_sequential(layers.encoder)}
vae.decoder = {_sequential(layers.decoder)}
vae.load_state_dict(load_file({weights!r}))
vae.eval()

# Images are rows of {height} x {width} x {channels} values from 0 to 1: line by line, the channel last.
images = torch.zeros(1, {height * width * channels})
with torch.no_grad():
    mean, log_var = vae.encoder(images).chunk(2, dim=1)  # the posterior of each image, {model.latent_dim} latents
    reconstructions = torch.sigmoid(vae.decoder(mean))
"""


def _sequential(layers: Sequence[Layer]) -> str:
    return f"nn.Sequential(\n{''.join(f'    {line},{chr(10)}' for line in _lines(layers))})"


def _lines(layers: Sequence[Layer]) -> Iterator[str]:
    for layer in layers:
        match layer:
            case Linear():
                yield f"nn.Linear({layer.inputs}, {layer.outputs})"
            case Rectifier():
                yield "nn.ReLU()"
            case Convolution():
                yield f"nn.Conv2d({layer.inputs}, {layer.outputs}, {KERNEL}, {STRIDE}, {PADDING})"
            case TransposedConvolution():
                yield (
                    f"nn.ConvTranspose2d({layer.inputs}, {layer.outputs}, {KERNEL}, {STRIDE}, {PADDING},"
                    f" output_padding={layer.odd})"
                )
            case ToMaps():
                yield f"ToMaps({', '.join(map(str, layer.shape))})"
            case _:
                yield "ToRows()"
