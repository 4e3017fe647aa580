"""Encoder, decoder and posterior in torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from tvae.config import ModelConfig


class Posterior(NamedTuple):
    """The diagonal Gaussian q(z|x) of each image."""

    mean: Float[Tensor, "n latent"]
    log_var: Float[Tensor, "n latent"]

    def sample(self, noise: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
        """z = mean + sd * noise, through which gradients flow (Kingma & Welling 2013, section 2.4)."""
        return self.mean + torch.exp(0.5 * self.log_var) * noise


class VAE(nn.Module):
    """A variational autoencoder on flat images with values in [0, 1]: `pixels` values each, three a pixel in colour.

    The TVAE of the paper has this same network; it differs in its loss alone.
    """

    def __init__(self, pixels: int, config: ModelConfig) -> None:
        super().__init__()
        self.pixels = pixels
        self.config = config
        # The last layer gives mean and log-variance together: one matrix product instead of two.
        self.encoder = nn.Sequential(
            nn.Linear(pixels, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 2 * config.latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(config.latent_dim, config.hidden), nn.ReLU(), nn.Linear(config.hidden, pixels)
        )

    def encode(self, images: Float[Tensor, "n pixels"]) -> Posterior:
        """Encode the images: the posterior of each."""
        mean, log_var = self.encoder(images).chunk(2, dim=1)  # (n, 2 latent) -> twice (n, latent)
        return Posterior(mean, log_var)

    def decode_logits(self, latents: Float[Tensor, "n latent"]) -> Float[Tensor, "n pixels"]:
        """Decode without the last sigmoid, for a cross-entropy that doesn't overflow."""
        return self.decoder(latents)

    def decode(self, latents: Float[Tensor, "n latent"]) -> Float[Tensor, "n pixels"]:
        """Decode the latents: an image each, pixels in [0, 1]."""
        return torch.sigmoid(self.decode_logits(latents))


def initial_model(pixels: int, config: ModelConfig, seed: int) -> VAE:
    """A new model whose weights depend on the seed alone (torch's default initialisation)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(pixels, config)


def model_with(weights: Mapping[str, np.ndarray], pixels: int, config: ModelConfig) -> VAE:
    """A model with these (checked) weights, in evaluation mode."""
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        model = VAE(pixels, config)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, assign=True)
    return model.eval()


def weights_of(model: VAE) -> dict[str, np.ndarray]:
    """A copy of the model's tensors by name."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in model.state_dict().items()}
