"""Model card of a run: README.md of its folder, in Hugging Face form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvae.config import LossConfig, ModelConfig, RunConfig, triplet_name
from tvae.metrics.anchor_sample import counted_triplets
from tvae.metrics.measurable import number_text, percent_text
from tvae.runs.arm_names import arm_names
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.comparison import other_settings
from tvae.runs.run import CARD, Run, anchor_sample_of, epochs_text
from tvae.system.files import write_atomically


def write_model_card(run: Run, metrics: dict[str, Any]) -> None:
    """Write the run's README.md."""
    write_atomically(run.folder / CARD, model_card(run, metrics))


def model_card(run: Run, metrics: dict[str, Any]) -> str:
    """Markdown of the card: the models, their training and data, their metrics, and their limits."""
    config, provenance = run.config, run.provenance
    arms, names = metrics["arms"], arm_names(config)
    title = (
        f"{' and '.join(names[arm] for arm in arms) if len(arms) < 3 else f'{len(arms)} arms'} on {config.data.name}"
    )
    margins = list(next(iter(arms.values()))["triplet_accuracy"])
    rows = [
        "| " + " | ".join(cells) + " |"
        for cells in [
            ["", *[names[arm] for arm in arms]],
            ["---", *["---:" for _ in arms]],
            ["arm in the files", *[f"`{arm}`" for arm in arms]],
            ["triplet weight", *[f"{config.arms[arm].triplet_weight:g}" for arm in arms]],
            ["margin in the loss", *[f"{config.arms[arm].margin:g}" for arm in arms]],
            *_other_rows([config.arms[arm] for arm in arms]),
            *([["notion of its triplets", *map(run.arm_notion, arms)]] if run.arms_of_own_notion else []),
            *[
                [
                    f"triplet accuracy at m = {m}",
                    *[percent_text(arm["triplet_accuracy"][m]) for arm in arms.values()],
                ]
                for m in margins
            ],
            *([["the same at m = 0 by its own notion", *_by_own_notion(arms)]] if run.arms_of_own_notion else []),
            *[
                [
                    f"mean over classes of triplet accuracy at m = {m}",
                    *[percent_text(arm["balanced_triplet_accuracy"][m]) for arm in arms.values()],
                ]
                for m in margins[:1]
            ],
            *_given_rows(metrics),
            ["squared error an image", *[f"{arm['reconstruction']:.3f}" for arm in arms.values()]],
            ["KL, nats", *[f"{arm['kl']:.3f}" for arm in arms.values()]],
            ["active units", *[f"{arm['active_units']} of {config.model.latent_dim}" for arm in arms.values()]],
            ["1-NN accuracy, leave one out", *[percent_text(arm["knn_accuracy"]) for arm in arms.values()]],
            ["MAP@R", *[number_text(arm["map_at_r"]) for arm in arms.values()]],
        ]
    ]
    table = "\n".join(rows)
    size = f"{provenance.test.height}x{provenance.test.width} pixels"
    if provenance.test.channels == 3:
        size += " in colour"
    validation = ""
    if provenance.validation is not None:
        n = f"{provenance.validation.n:,}"
        validation = f" The validation split, n = {n}, was not trained on; the table is not of it."
    state = "" if provenance.finished else "\n**Not finished**: training was ended before its last step.\n"
    budget = ""
    if provenance.seconds_budget is not None:
        epochs = epochs_text(run.trained_epochs)
        budget = f" It was given {provenance.seconds_budget:g} s, which was enough for {epochs} epochs."
    return f"""---
license: mit
library_name: safetensors
tags:
- variational-autoencoder
- metric-learning
- triplet-loss
datasets:
- {config.data.name}
metrics:
- triplet_accuracy
---

# {title}
{state}
A variational autoencoder with {_network(config.model)} and {config.model.latent_dim} latents, \
trained side by side with a {triplet_name(config.arms.values())} on the means of its posterior \
(TVAE, Ishfaq, Hoogi and Rubin 2018, arXiv:1802.04403). {_beginning(run)}

Trained by

    {provenance.command}

in {provenance.seconds:,.0f} s on {provenance.device} ({provenance.threads} thread an arm), {provenance.step:,} steps \
of {config.train.batch_size} triplets, seed {config.train.seed}, with \
{", ".join(f"{name} {version}" for name, version in provenance.versions.items())}, started {provenance.started}.{budget}

## Measured

On the {metrics["split"]} split, n = {metrics["n"]:,} (SHA-256 {provenance.test.fingerprint[:16]}…), seed \
{metrics["seed"]}, judged by {metrics.get("notion", run.notion)}; triplet accuracy is \
{_counted(next(iter(arms.values())))}.{validation}

{table}
{_of_priors(config, names)}{_warnings(metrics, names)}
`python -m tvae evaluate` on this folder gives these numbers again.

## Use and limits

Each `<arm>.safetensors` holds the tensors of `tvae.model.vae.VAE`; `config.json` has every setting, `history.jsonl` \
the loss while training. The models know {config.data.name} images of {size} and nothing else. They \
are made for study, not for decisions about anyone.
"""


def _counted(arm: dict[str, Any]) -> str:
    """The triplets that an arm's accuracies were counted over, in words."""
    sample = anchor_sample_of(arm)
    if sample is None:
        return f"exact, over {counted_triplets(arm['triplets'], None)}"
    error = 100 * max(arm["triplet_accuracy_error"].values())
    return (
        f"counted over {counted_triplets(arm['triplets'], sample)}, ± at most {error:.2f} points (one standard error)"
    )


def _given_rows(metrics: dict[str, Any]) -> list[list[str]]:
    """Rows of the table on given triplets, where the run has any."""
    if "given_triplets" not in metrics:
        return []
    rows = []
    for part, words in (("held_out_by_triplet", "by triplet"), ("held_out_by_image", "by image")):
        figures = [arm["given_triplets"][part]["accuracy"]["0"] for arm in metrics["arms"].values()]
        n = metrics["given_triplets"][part]
        rows.append([f"given triplets held out {words}, n = {n:,}, at m = 0", *map(percent_text, figures)])
    return rows


def _warnings(metrics: dict[str, Any], names: dict[str, str]) -> str:
    return "".join(f"\n{warning}\n" for warning in collapse_warnings(metrics, names).values())


def _other_rows(losses: Sequence[LossConfig]) -> list[list[str]]:
    """Rows on the settings of these losses that are not the paper's in one of them."""
    settings = [*map(other_settings, losses)]
    words = dict.fromkeys(word for own in settings for word in own)
    return [[word, *[own.get(word, "–") for own in settings]] for word in words]


def _of_priors(config: RunConfig, names: dict[str, str]) -> str:
    """Paragraph on arms whose prior is by class."""
    by_class = [names[arm] for arm, loss in config.arms.items() if loss.prior == "by-class"]
    if not by_class:
        return ""
    return (
        f"\nThe prior of {' and '.join(by_class)} has a learned centre for each class. That is no longer the paper's"
        " model: its KL is to the prior of the image's own class, so it takes the class for known. A bound on the"
        " likelihood of images alone costs up to the logarithm of the number of classes more.\n"
    )


def _by_own_notion(arms: dict[str, Any]) -> list[str]:
    """Triplet accuracy at margin 0 of each arm by the notion of its own triplets."""
    return [percent_text(arm.get("own_notion", arm)["triplet_accuracy"]["0"]) for arm in arms.values()]


def _beginning(run: Run) -> str:
    seen = "the same triplets and noise"
    if run.arms_of_own_notion:
        seen = "the same images and noise, each with triplets by its own notion of similarity among them"
    if run.provenance.started_from:
        return f"Each arm began with its own weights in {run.provenance.started_from}; all saw {seen}."
    return f"All arms began with the same weights and saw {seen}; they differ in their loss alone."


def _network(model: ModelConfig) -> str:
    if model.kind == "mlp":
        return f"{model.hidden} hidden units each way"
    return f"convolutions and twice {model.hidden} hidden units each way (Burgess et al. 2018)"
