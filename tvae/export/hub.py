"""Hub: a folder an arm in the form of the Hugging Face Hub, and the module that loads one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor

from tvae.config import ModelConfig, NetworkKind
from tvae.export.material import WRITTEN_BY, Material
from tvae.export.plain_torch import plain_torch
from tvae.metrics.measurable import number_text, percent_text
from tvae.model.heads import without_heads
from tvae.model.vae import VAE, Posterior
from tvae.runs.comparison import other_settings
from tvae.runs.run import read_metrics
from tvae.runs.weights import read_weights

WEIGHTS = "model.safetensors"


class HubVAE(VAE, PyTorchModelHubMixin):
    """An arm that `from_pretrained` loads, from a folder or from the Hub."""

    def __init__(
        self,
        *,
        height: int,
        width: int,
        channels: int,
        kind: NetworkKind,
        hidden: int,
        latent_dim: int,
        written_by: str,
    ) -> None:
        """The arguments are those of the folder's config.json.

        Raises:
            InputError: a network that is not possible.
        """
        super().__init__((height, width, channels), ModelConfig(kind=kind, hidden=hidden, latent_dim=latent_dim))
        self.written_by = written_by

    def forward(self, images: Tensor) -> Posterior:
        """Encode flat images with values from 0 to 1."""
        return self.encode(images)


def write_hub(material: Material, folder: Path) -> list[str]:
    """Write a folder an arm, as `write_arm` does."""
    for arm in material.arms:
        write_arm(material, arm, folder / arm, arm)
    return []


def write_arm(material: Material, arm: str, folder: Path, source: str) -> None:
    """Write config.json and model.safetensors of an arm as `HubVAE.from_pretrained` reads them, and a model card.

    Args:
        source: the folder or repository that the card's example loads it from.
    """
    run = material.run
    height, width, channels = run.image_shape
    model = run.config.model
    module = HubVAE(
        height=height,
        width=width,
        channels=channels,
        kind=model.kind,
        hidden=model.hidden,
        latent_dim=model.latent_dim,
        written_by=WRITTEN_BY,
    )
    weights = without_heads(read_weights(run, arm))
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    module.save_pretrained(folder)
    metrics = read_metrics(run.folder)
    card = _card(material, arm, None if metrics is None else metrics["arms"][arm], source)
    (folder / "README.md").write_text(card, encoding="utf-8")


def card_head(material: Material) -> str:
    """Metadata at the top of a model card, as the Hub reads it."""
    return f"""---
license: mit
library_name: pytorch
tags:
- variational-autoencoder
- metric-learning
- triplet-loss
- pytorch_model_hub_mixin
datasets:
- {json.dumps(material.run.config.data.name)}
---
"""


def _card(material: Material, arm: str, figures: dict[str, Any] | None, source: str) -> str:
    """Markdown of an arm's model card."""
    run, loss = material.run, material.run.config.arms[arm]
    name = material.names[arm]
    other = "".join(f"{word} {value}, " for word, value in other_settings(loss).items())
    measured = ""
    if figures is not None:
        rows = {
            "triplet accuracy at m = 0": percent_text(figures["triplet_accuracy"]["0"]),
            "squared error an image": f"{figures['reconstruction']:.3f}",
            "KL, nats": f"{figures['kl']:.3f}",
            "1-NN accuracy, leave one out": percent_text(figures["knn_accuracy"]),
            "MAP@R": number_text(figures["map_at_r"]),
        }
        lines = "\n".join(f"| {what} | {value} |" for what, value in rows.items())
        measured = (
            f"\n## Measured\n\nOn the test split, n = {run.provenance.test.n:,}.\n\n| | |\n| --- | ---: |\n{lines}\n"
        )
    return f"""{card_head(material)}
# {name} on {run.config.data.name}

A variational autoencoder (TVAE, Ishfaq, Hoogi and Rubin 2018, arXiv:1802.04403): triplet weight \
{loss.triplet_weight:g}, margin {loss.margin:g}, {other}{run.config.model.latent_dim} latents. {material.told}.
{measured}
## Load

With torch and safetensors alone, in this folder:

```python
{plain_torch(run.image_shape, run.config.model, WEIGHTS)}```

With TVAE Explorer and huggingface_hub, from this folder or from the Hub:

```python
from tvae.export.hub import HubVAE

vae = HubVAE.from_pretrained("{source}")
```
"""
