"""Peer libraries that train a VAE, most with triplets: each library's own loop, on the paper's network and batches."""

# The peers live in an environment of their own (requirements beside this file's README), not where types are checked.
# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.tutorial import Net, descending, fixed_triplets, triplet_loss, triplet_loss_in_one_pass, vae_loss
from tvae.config import LossConfig, ModelConfig
from tvae.data import Split
from tvae.data.torchvision_guard import torchvision_datasets

Steps = Callable[[int], float]
"""Takes a number of training steps; returns the seconds."""

FIXED = 12_800
"""Triplets held as float tensors: 120 MB."""
FIRST = 3
"""Steps of a trainer's run that are not counted: it sets itself up."""


def tensors_in_memory(split: Split, batch_size: int, loss: LossConfig, net: Net, one_pass: bool) -> Steps:
    """A loop of our own: the tutorial's network and loss on a TensorDataset of triplets drawn once.

    Args:
        one_pass: the three parts of a batch go through the network together, as ours take them; else one by one.
    """
    loader = DataLoader(fixed_triplets(split, FIXED), batch_size, shuffle=True, drop_last=True)
    loss_of = triplet_loss_in_one_pass if one_pass else triplet_loss
    return descending(net, loader, lambda batch: loss_of(net, batch, loss))


def pytorch_metric_learning(split: Split, batch_size: int, loss: LossConfig, net: Net) -> Steps:
    """TripletMarginLoss on the means of 3 * batch_size images, drawn by MPerClassSampler; a triplet an anchor."""
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.losses import TripletMarginLoss
    from pytorch_metric_learning.samplers import MPerClassSampler

    images = torch.from_numpy(split.pixels(slice(0, 3 * FIXED)))
    labels = torch.tensor(split.labels[: 3 * FIXED])
    sampler = MPerClassSampler(labels, m=4, length_before_new_iter=len(labels))
    loader = DataLoader(TensorDataset(images, labels), 3 * batch_size, sampler=sampler, drop_last=True)
    distance = LpDistance(normalize_embeddings=False)
    one_an_anchor: Any = 1  # its annotation has only the text "all"
    triplets = TripletMarginLoss(margin=loss.margin, distance=distance, triplets_per_anchor=one_an_anchor)

    def loss_of(batch: Any) -> Tensor:
        x, y = batch
        total, means = vae_loss(net, x, loss)
        return total / len(x) + loss.triplet_weight * triplets(means, y)

    return descending(net, loader, loss_of)


def lightning(split: Split, batch_size: int, loss: LossConfig, net: Net) -> Steps:
    """Lightning's Trainer on a TensorDataset of triplets drawn once."""
    torchvision_datasets()  # makes torchvision, which Lightning imports, importable beside a CPU build of torch
    import lightning as L

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def training_step(self, batch: Any, index: int) -> Tensor:
            total = triplet_loss(self.net, batch, loss)
            self.log("loss", total)
            return total

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    loader = DataLoader(fixed_triplets(split, FIXED), batch_size, shuffle=True, drop_last=True)
    return _trained_by_lightning(Module(), loader)


def disent(split: Split, batch_size: int, loss: LossConfig, model: ModelConfig) -> Steps:
    """disent's TripletVae under Lightning's Trainer, on triplets drawn once."""
    torchvision_datasets()
    from disent.frameworks.vae import TripletVae
    from disent.model import AutoEncoder, DisentDecoder, DisentEncoder

    height, width, channels = split.image_shape
    shape, pixels = (channels, height, width), height * width * channels

    class Encoder(DisentEncoder):
        def __init__(self) -> None:
            super().__init__(x_shape=shape, z_size=model.latent_dim, z_multiplier=2)
            last = nn.Linear(model.hidden, self.z_total)
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(pixels, model.hidden), nn.ReLU(), last)

        def encode(self, x: Tensor) -> Tensor:
            return self.layers(x)

    class Decoder(DisentDecoder):
        def __init__(self) -> None:
            super().__init__(x_shape=shape, z_size=model.latent_dim)
            last = nn.Linear(model.hidden, pixels)
            self.layers = nn.Sequential(nn.Linear(model.latent_dim, model.hidden), nn.ReLU(), last)

        def decode(self, z: Tensor) -> Tensor:
            return self.layers(z).view(-1, *shape)

    class Triplets(Dataset):
        def __init__(self) -> None:
            self.tensors = [part.view(-1, *shape) for part in fixed_triplets(split, FIXED).tensors]

        def __len__(self) -> int:
            return len(self.tensors[0])

        def __getitem__(self, row: int) -> dict[str, tuple[Tensor, ...]]:
            return {"x_targ": tuple(part[row] for part in self.tensors)}

    settings = TripletVae.cfg(triplet_margin_max=loss.margin, triplet_scale=loss.triplet_weight, triplet_p=2)
    framework = TripletVae(AutoEncoder(Encoder(), Decoder()), settings)
    return _trained_by_lightning(framework, DataLoader(Triplets(), batch_size, shuffle=True, drop_last=True))


def pythae(split: Split, batch_size: int, model: ModelConfig) -> Steps:
    """pythae's trainer and plain VAE on 3 * batch_size images a step: without triplets, which it doesn't have."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    pixels = split.images[0].size

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = nn.Linear(pixels, model.hidden)
            self.mean = nn.Linear(model.hidden, model.latent_dim)
            self.log_var = nn.Linear(model.hidden, model.latent_dim)

        def forward(self, x: Tensor) -> Any:
            h = torch.relu(self.hidden(x.flatten(1)))
            return ModelOutput(embedding=self.mean(h), log_covariance=self.log_var(h))

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            last = nn.Linear(model.hidden, pixels)
            self.layers = nn.Sequential(nn.Linear(model.latent_dim, model.hidden), nn.ReLU(), last, nn.Sigmoid())

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=self.layers(z))

    class Clock(TrainingCallback):
        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_train_step_end(self, training_config: Any, **kwargs: Any) -> None:
            self.ends.append(time.perf_counter())

    logging.getLogger("pythae").setLevel(logging.ERROR)
    vae = VAE(VAEConfig(input_dim=(pixels,), latent_dim=model.latent_dim), Encoder(), Decoder())

    def steps(count: int) -> float:
        rows = 3 * batch_size * (count + FIRST)
        images = torch.from_numpy(split.pixels(slice(0, rows)))
        data = BaseDataset(images, torch.zeros(len(images)))
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            settings = BaseTrainerConfig(
                output_dir=folder,
                num_epochs=1,
                per_device_train_batch_size=3 * batch_size,
                learning_rate=1e-3,
                no_cuda=True,
                steps_saving=None,
            )
            BaseTrainer(vae, data, None, settings, [clock]).train()
        return (clock.ends[-1] - clock.ends[FIRST - 1]) * count / (len(clock.ends) - FIRST)

    return steps


def _trained_by_lightning(module: Any, loader: DataLoader) -> Steps:
    import lightning as L

    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)

    class Clock(L.Callback):
        def __init__(self) -> None:
            self.ends: list[float] = []

        def on_train_batch_end(self, *_: Any) -> None:
            self.ends.append(time.perf_counter())

    def steps(count: int) -> float:
        clock = Clock()
        trainer = L.Trainer(
            max_steps=count + FIRST,
            max_epochs=-1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[clock],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(module, loader)
        return clock.ends[-1] - clock.ends[FIRST - 1]

    return steps


def peer_ways(split: Split, batch_size: int, loss: LossConfig, model: ModelConfig) -> dict[str, Callable[[], Steps]]:
    """Functions that make each peer's loop, by the name of its row."""
    pixels = split.images[0].size
    return {
        **{
            f"own loop, tensors in memory, {passes}": lambda one_pass=one_pass: tensors_in_memory(
                split, batch_size, loss, Net(pixels, model), one_pass
            )
            for passes, one_pass in (("one pass", True), ("three passes", False))
        },
        "pytorch-metric-learning": lambda: pytorch_metric_learning(split, batch_size, loss, Net(pixels, model)),
        "Lightning, tensors in memory": lambda: lightning(split, batch_size, loss, Net(pixels, model)),
        "disent's TripletVae": lambda: disent(split, batch_size, loss, model),
        "pythae (no triplets)": lambda: pythae(split, batch_size, model),
    }
