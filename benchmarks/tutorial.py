"""The tutorial way: PyTorch's VAE example with a triplet data set, written in the most direct way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tvae.config import LossConfig, ModelConfig
from tvae.data import Split
from tvae.data.torchvision_guard import torchvision_datasets


class Net(nn.Module):
    """The paper's two fully connected layers each way, with a layer each for mean and log-variance."""

    def __init__(self, pixels: int, config: ModelConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(pixels, config.hidden)
        self.fc21 = nn.Linear(config.hidden, config.latent_dim)
        self.fc22 = nn.Linear(config.hidden, config.latent_dim)
        self.fc3 = nn.Linear(config.latent_dim, config.hidden)
        self.fc4 = nn.Linear(config.hidden, pixels)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_var = self.encode(x.view(len(x), -1))
        std = torch.exp(0.5 * log_var)
        return self.decode(mean + torch.randn_like(std) * std), mean, log_var


class TripletImages(Dataset):
    """A random positive and negative for each image, through PIL and ToTensor as torchvision's data sets do."""

    def __init__(self, split: Split) -> None:
        torchvision_datasets()  # makes torchvision importable also beside a CPU build of torch
        from torchvision.transforms import ToTensor

        self.images, self.labels, self.transform = split.images[..., 0], split.labels, ToTensor()
        self.rows = {label: np.flatnonzero(split.labels == label) for label in np.unique(split.labels)}
        self.others = {label: np.flatnonzero(split.labels != label) for label in self.rows}

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor, Tensor]:
        label = self.labels[row]
        positive = row
        while positive == row:
            positive = np.random.choice(self.rows[label])
        negative = np.random.choice(self.others[label])
        images = [Image.fromarray(self.images[r], mode=None) for r in (row, positive, negative)]
        anchor, positive, negative = (self.transform(image) for image in images)
        return anchor, positive, negative


def vae_loss(net: Net, x: Tensor, loss: LossConfig) -> tuple[Tensor, Tensor]:
    """Reconstruction and KL summed over the batch's images, weighted; and the means."""
    reconstruction, mean, log_var = net(x)
    error = F.mse_loss(reconstruction, x.view(len(x), -1), reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
    return loss.reconstruction_weight * error + loss.kl_weight * kl, mean


def triplet_loss(net: Net, batch: Any, loss: LossConfig) -> Tensor:
    """Eq. 2 on a batch of (anchors, positives, negatives), with three calls of the network."""
    parts, means = zip(*[vae_loss(net, x, loss) for x in batch], strict=True)
    hinge = F.triplet_margin_loss(*means, margin=loss.margin)
    return sum(parts) / (3 * len(batch[0])) + loss.triplet_weight * hinge


def triplet_loss_in_one_pass(net: Net, batch: Any, loss: LossConfig) -> Tensor:
    """Eq. 2 on a batch of (anchors, positives, negatives), with one call of the network."""
    total, means = vae_loss(net, torch.cat(batch), loss)
    hinge = F.triplet_margin_loss(*means.chunk(3), margin=loss.margin)
    return total / (3 * len(batch[0])) + loss.triplet_weight * hinge


def endless(loader: Iterable[Any]) -> Iterator[Any]:
    """Batches of the loader, epoch after epoch, without end."""
    while True:
        yield from loader


def descending(
    net: nn.Module, loader: Iterable[Any], loss_of: Callable[[Any], Tensor], rate: float = 1e-3
) -> Callable[[int], float]:
    """A training loop in progress: called with a number of steps, it takes them and returns the seconds."""
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    batches = endless(loader)

    def steps(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            optimiser.zero_grad()
            loss = loss_of(next(batches))
            loss.backward()
            loss.item()  # a loop shows its loss
            optimiser.step()
        return time.perf_counter() - started

    return steps


def tutorial_way(split: Split, batch_size: int, loss: LossConfig, workers: int, net: Net) -> Callable[[int], float]:
    """Return a function that trains for some steps on batches of `TripletImages` and returns the seconds."""
    loader = DataLoader(
        TripletImages(split),
        batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return descending(net, loader, lambda batch: triplet_loss(net, batch, loss))


def drawn_triplets(split: Split, batch_size: int, seed: int) -> Iterator[list[Tensor]]:
    """Batches as `TripletImages` gives them, without end, drawn in memory."""
    from tvae.training.triplet_sampler import TripletSampler

    sampler, generator = TripletSampler(split.labels), np.random.default_rng(seed)
    while True:
        yield [torch.from_numpy(split.pixels(part)) for part in sampler.sample(batch_size, generator)]


def fixed_triplets(split: Split, count: int, seed: int = 0) -> TensorDataset:
    """Triplets drawn once, as float tensors in memory."""
    from tvae.training.triplet_sampler import TripletSampler

    rows = TripletSampler(split.labels).sample(count, np.random.default_rng(seed))
    return TensorDataset(*[torch.from_numpy(split.pixels(part)) for part in rows])
