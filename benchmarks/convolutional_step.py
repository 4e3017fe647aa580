"""The convolutional pair's step on the CPU, against a plain PyTorch loop of the same network, in turns.

The plain loop is what one writes from torch's documentation: maps with the channel first, all images of the triplets in
one pass, torch's Adam; batches are drawn in memory as ours are. It trains one arm, so a pair takes it twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.interleaving import interleaved, ratio
from benchmarks.training_ways import ours
from benchmarks.tutorial import descending, drawn_triplets
from tvae.config import LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Split, load_dataset
from tvae.model.layers import CHANNELS, KERNEL, PADDING, SMALLEST_MAP, STRIDE
from tvae.training.loop import Training

MODEL = ModelConfig(kind="conv", hidden=256, latent_dim=10)
PLAIN, PLAIN_1 = "plain PyTorch loop, twice, all cores", "plain PyTorch loop, twice, one core"


class Net(nn.Module):
    """The network of `--model.kind conv` for square images, written with torch alone."""

    def __init__(self, shape: tuple[int, int, int], model: ModelConfig) -> None:
        super().__init__()
        side, _, channels = self.shape = shape
        count, least = 0, side
        while least > SMALLEST_MAP:
            least, count = least // 2, count + 1
        if least << count != side:
            raise ValueError(f"{side} pixels; halving must come out even")
        encoder, decoder = [], []
        for number in range(count):
            inner = channels if number == 0 else CHANNELS
            encoder += [nn.Conv2d(inner, CHANNELS, KERNEL, STRIDE, PADDING), nn.ReLU()]
            decoder = [nn.ReLU(), nn.ConvTranspose2d(CHANNELS, inner, KERNEL, STRIDE, PADDING), *decoder]
        flat, hidden = CHANNELS * least * least, model.hidden
        encoder += [nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
        self.encoder = nn.Sequential(*encoder, nn.Linear(hidden, 2 * model.latent_dim))
        widen = [nn.Linear(model.latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
        self.decoder = nn.Sequential(
            *widen, nn.Linear(hidden, flat), nn.Unflatten(1, (CHANNELS, least, least)), *decoder
        )

    def loss(self, batch: list[Tensor], loss: LossConfig) -> Tensor:
        """Eq. 2 on a batch of (anchors, positives, negatives) as flat rows, with one call of the network."""
        images = torch.cat(batch).view(-1, *self.shape).permute(0, 3, 1, 2).contiguous()
        mean, log_var = self.encoder(images).chunk(2, dim=1)
        decoded = torch.sigmoid(self.decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)))
        error = F.mse_loss(decoded, images, reduction="sum") / len(images)
        kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp()) / len(images)
        hinge = F.triplet_margin_loss(*mean.chunk(3), margin=loss.margin)
        return loss.reconstruction_weight * error + loss.kl_weight * kl + loss.triplet_weight * hinge


def tinted_digits(count: int) -> Split:
    """MNIST's digits on 32 × 32 pixels in colour, each class with a tint of its own."""
    digits = load_dataset("mnist").train
    grey = np.pad(digits.images[:count, :, :, 0], ((0, 0), (2, 2), (2, 2)))
    tints = np.random.default_rng(0).uniform(0.4, 1, (10, 3))[digits.labels[:count]]  # (n, 3)
    images = (grey[..., None] * tints[:, None, None]).astype(np.uint8)
    return Split("train", images, digits.labels[:count], digits.class_names)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()
    split, loss = tinted_digits(20_000), LossConfig()
    check_that_the_networks_are_the_same(split)
    net = Net(split.image_shape, MODEL)
    batches = drawn_triplets(split, options.batch_size, 0)
    plain = descending(net, batches, lambda batch: net.loss(batch, loss))
    train = TrainConfig(batch_size=options.batch_size)
    ways: dict[str, Callable[[int], float]] = {
        PLAIN: lambda count: plain(2 * count),
        PLAIN_1: lambda count: on_one_core(lambda: plain(2 * count)),
    }
    for step in ("plain", "fast"):
        ways[f"ours, both arms side by side, {step}"] = ours(split, train, loss, step, "vae", "tvae", model=MODEL)
    warm = {name: lambda way=way: (way(2), way(options.steps))[1] for name, way in ways.items()}
    timings = interleaved(warm, options.rounds)
    print(f"{split.image_shape} images, {options.batch_size} triplets a step, {options.rounds} rounds\n")
    print("| way | ms a step of the pair | spread | times the plain loop |\n| --- | ---: | ---: | ---: |")
    for name, timing in timings.items():
        milliseconds = 1_000 * timing.median / options.steps
        print(f"| {name} | {milliseconds:.1f} | ± {timing.spread:.0%} | {ratio(timings[PLAIN], timing):.2f} |")


def on_one_core(work: Callable[[], float]) -> float:
    """Result of the work, which is done with one thread of torch."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return work()
    finally:
        torch.set_num_threads(threads)


def check_that_the_networks_are_the_same(split: Split) -> None:
    """Check that both networks have the same number of weights."""
    arms = Training(RunConfig(model=MODEL, arms=vae_and_tvae(LossConfig())), split).arms
    counts = [sum(p.numel() for p in m.parameters()) for m in (Net(split.image_shape, MODEL), arms["vae"].model)]
    if counts[0] != counts[1]:
        raise ValueError(f"{counts[0]:,} weights against {counts[1]:,}")


if __name__ == "__main__":
    main()
