"""The model in five sentences, and the loss of the arm that is shown."""

from __future__ import annotations

import streamlit as st

from tvae.config import LossConfig, option_name, reconstruction_name
from tvae.runs.comparison import loss_differences, losses_in_words
from tvae.runs.run import Run
from tvae.ui.choices.arms import shown_arms
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.escaping import as_text

PAPER = (
    'The paper: Ishfaq, Hoogi and Rubin, "TVAE: Triplet-Based Variational Autoencoder Using Metric Learning", 2018, '
    "[arXiv:1802.04403](https://arxiv.org/abs/1802.04403)."
)
TRIPLET_WEIGHT = option_name(LossConfig, "triplet_weight")


def show_idea(run: Run) -> None:
    """Show a short description of the model, of what its arms share, and the loss of the last arm that is shown."""
    arm = shown_arms(run)[-1]
    st.markdown("## The model in five sentences")
    st.markdown(
        "A **VAE** turns an image into a small cloud in a latent space, with mean μ, and learns to draw the image back "
        "from a point of that cloud. "
        "Its training uses no labels, so images of one class may lie in several places, and classes overlap. "
        "The **TVAE** is trained on three images at a time: an *anchor*, a *positive* of the same "
        f"{as_text(run.arm_notion(arm))} and a *negative* of another. "
        "It adds one term to the loss, zero once μ of the anchor is nearer to μ of the positive than to μ of the "
        f"negative by a *margin* m. {_what_arms_share(run)}"
    )
    st.markdown(PAPER)
    loss, name = run.config.arms[arm], arm_text(run.config, arm)
    st.latex(loss_formula(loss))
    st.caption(
        f"The loss of {name}, each term averaged over the batch. Reconstruction: {reconstruction_name([loss])}, "
        "summed over pixels, drawn from a point of the cloud. D: distance of two means μ."
    )


def _what_arms_share(run: Run) -> str:
    """Sentence on what the first and the last of the shown arms have in common, and so what makes them differ."""
    arms = shown_arms(run)
    if len(arms) < 2:
        return ""
    first, last = (run.config.arms[arm] for arm in (arms[0], arms[-1]))
    differences = loss_differences(first, last)
    cause = "that term's doing"
    if first.triplet_weight or differences.keys() != {TRIPLET_WEIGHT}:
        cause = f"the doing of their losses ({losses_in_words(differences) or 'the same'})"
    if run.provenance.started_from:
        return (
            f"Each arm here went on from its own weights in {as_text(run.provenance.started_from)}; all saw the same "
            "images in the same order."
        )
    names = " and ".join(arm_text(run.config, arm) for arm in (arms[0], arms[-1]))
    return (
        f"{names} here began with the same weights and saw the same images in the same order, so what differs between "
        f"them is {cause}."
    )


def loss_formula(loss: LossConfig) -> str:
    """Eq. 2 with the weights of this loss, and Eq. 1 with its margin, as LaTeX; a term of weight 0 is left out.

    The triplet term is of the loss's form, and a classifier's term is beside it.
    """
    weights = {
        "rec": loss.reconstruction_weight,
        "KL": loss.kl_weight,
        "tri": loss.triplet_weight,
        "class": loss.classifier_weight,
    }
    terms = [
        ("" if weight == 1 else rf"{weight:g}\,") + rf"\mathcal L_{{{term}}}"
        for term, weight in weights.items()
        if weight
    ]
    lines = [r"\mathcal L &= " + (" + ".join(terms) or "0")]
    if loss.triplet_weight:
        lines.append(rf"\mathcal L_{{tri}} &= {_cost_formula(loss)}")
    if loss.prior == "by-class":
        lines.append(r"\mathcal L_{KL} &= \mathrm{KL}(q(z|x) \,\|\, \mathcal N(c_y, I))")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _cost_formula(loss: LossConfig) -> str:
    """Cost of a triplet, as LaTeX."""
    margin = f" + {loss.margin:g}" if loss.margin or loss.triplet_form == "hinge" else ""
    violation, temperature = f"D(a,p) - D(a,n){margin}", f"{loss.temperature:g}"
    match loss.triplet_form:
        case "hinge":
            return rf"\max\{{0, {violation}\}}"
        case "softplus":
            return rf"{temperature}\,\log(1 + \exp(({violation}) / {temperature}))"
        case _:
            return rf"1 / (1 + \exp(-({violation}) / {temperature}))"
