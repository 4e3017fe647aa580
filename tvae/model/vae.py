"""Encoder, decoder and posterior in torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from tvae.config import ModelConfig
from tvae.model.heads import CENTRES, CLASSIFIER_BIAS, CLASSIFIER_WEIGHT, is_head
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


class Posterior(NamedTuple):
    """The diagonal Gaussian q(z|x) of each image."""

    mean: Float[Tensor, "n latent"]
    log_var: Float[Tensor, "n latent"]

    def sample(self, noise: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
        """z = mean + sd * noise, through which gradients flow (Kingma & Welling 2013, section 2.4)."""
        return self.mean + torch.exp(0.5 * self.log_var) * noise


class VAE(nn.Module):
    """A variational autoencoder on flat images with values in [0, 1]: `pixels` values each, three a pixel in colour.

    The TVAE of the paper has this same network; it differs in its loss alone. A loss with a classifier or with a prior
    by class adds parameters of its own beside it (see `heads`).
    """

    def __init__(
        self, image_shape: ImageShape, config: ModelConfig, heads: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        """
        Args:
            heads: shapes of the parameters that the loss adds, by their names among the weights.

        Raises:
            InputError: a network that is not possible for images of this shape.
        """
        super().__init__()
        self.pixels = math.prod(image_shape)
        self.config = config
        layers = architecture(image_shape, config)
        self.encoder, self.decoder = _modules(layers.encoder), _modules(layers.decoder)
        own_names = {name.partition(".")[2]: shape for name, shape in (heads or {}).items()}
        self.heads = nn.ParameterDict({name: torch.zeros(*shape) for name, shape in own_names.items()})

    @property
    def classifier(self) -> tuple[Float[Tensor, "classes latent"], Float[Tensor, " classes"]] | None:
        """Weight and bias of the linear classifier on the mean, if the loss has one."""
        weights = self._head(CLASSIFIER_WEIGHT), self._head(CLASSIFIER_BIAS)
        return None if weights[0] is None or weights[1] is None else (weights[0], weights[1])

    @property
    def class_centres(self) -> Float[Tensor, "classes latent"] | None:
        """Centre of the prior of each class, if the loss has a prior by class."""
        return self._head(CENTRES)

    def _head(self, name: str) -> Tensor | None:
        return self.heads.get(name.partition(".")[2])

    def encode(self, images: Float[Tensor, "n pixels"]) -> Posterior:
        """Encode the images: the posterior of each, in float32 also where autocast takes the products in bfloat16."""
        mean, log_var = _not_bfloat16(self.encoder(images)).chunk(2, dim=1)  # (n, 2 latent) -> twice (n, latent)
        return Posterior(mean, log_var)

    def decode_logits(self, latents: Float[Tensor, "n latent"]) -> Float[Tensor, "n pixels"]:
        """Decode without the last sigmoid, for a cross-entropy that doesn't overflow; in float32 as `encode`."""
        return _not_bfloat16(self.decoder(latents))

    def decode(self, latents: Float[Tensor, "n latent"]) -> Float[Tensor, "n pixels"]:
        """Decode the latents: an image each, pixels in [0, 1]."""
        return torch.sigmoid(self.decode_logits(latents))


def _not_bfloat16(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The values in float32; in float64 where the model's weights are."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


class _ToMaps(nn.Module):
    """Flat rows as maps; in memory the channel stays last, as torch's convolutions like it best (channels_last)."""

    def __init__(self, layer: ToMaps) -> None:
        super().__init__()
        self._shape = layer.shape

    def forward(self, rows: Float[Tensor, "n values"]) -> Float[Tensor, "n channels height width"]:
        return rows.view(-1, *self._shape).permute(0, 3, 1, 2)


class _ToRows(nn.Module):
    """Maps as flat rows, the channel last."""

    def forward(self, maps: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n values"]:
        return maps.permute(0, 2, 3, 1).flatten(1)


def _modules(layers: Sequence[Layer]) -> nn.Sequential:
    modules = nn.Sequential(*map(_module, layers))
    return modules.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (torch documents this form)


def _module(layer: Layer) -> nn.Module:
    match layer:
        case Linear():
            return nn.Linear(layer.inputs, layer.outputs)
        case Rectifier():
            return nn.ReLU()
        case Convolution():
            return nn.Conv2d(layer.inputs, layer.outputs, KERNEL, STRIDE, PADDING)
        case TransposedConvolution():
            return nn.ConvTranspose2d(layer.inputs, layer.outputs, KERNEL, STRIDE, PADDING, output_padding=layer.odd)
        case ToMaps():
            return _ToMaps(layer)
        case _:
            return _ToRows()


def initial_model(
    image_shape: ImageShape, config: ModelConfig, seed: int, heads: Mapping[str, Sequence[int]] | None = None
) -> VAE:
    """A new model whose weights depend on the seed alone (torch's default initialisation); its heads are 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(image_shape, config, heads)


def model_with(weights: Mapping[str, np.ndarray], image_shape: ImageShape, config: ModelConfig) -> VAE:
    """A model with these (checked) weights, in evaluation mode."""
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        heads = {name: array.shape for name, array in weights.items() if is_head(name)}
        model = VAE(image_shape, config, heads)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, assign=True)
    return model.to(memory_format=torch.channels_last).eval()  # pyright: ignore[reportCallIssue]


def weights_of(model: VAE) -> dict[str, np.ndarray]:
    """A copy of the model's tensors by name."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in model.state_dict().items()}
