"""Choice of the notions of similarity that the arms of a run are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.data import notion_names
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

LONGEST_ARM = 64
OWN, FURTHER = keys.train("notion"), keys.train("further-notions")


def settings_of(config: RunConfig, data: str) -> dict[str, object]:
    """First values of the fields: the notions of a run, as far as the data set has labels of them."""
    names = notion_names(data)
    own = config.data.notion if config.data.notion in names else names[0]
    arms = dict.fromkeys(loss.notion for loss in config.arms.values() if loss.triplet_weight)
    return {"notion": own, "further-notions": [notion for notion in arms if notion in names and notion != own]}


def choose_notions(data: str, *, fixed: bool) -> None:
    """Draw the choices; nothing where the data set has labels of one notion only.

    Args:
        fixed: whether training goes on from the weights of a run, which has the arms that it has.
    """
    names = notion_names(data)
    if len(names) < 2:
        return
    if state.read(OWN) not in names:
        state.write(OWN, names[0])
    own = state.read(OWN)
    others = [name for name in names if name != own]
    state.write(FURTHER, [name for name in state.read(FURTHER) or [] if name in others])
    st.selectbox(
        "Trained on",
        names,
        key=OWN,
        disabled=fixed,
        persist_state="session",
        help="Labels whose equality makes two images similar: an anchor's positive has the same, its negative another.",
    )
    st.multiselect(
        "Also train on",
        others,
        key=FURTHER,
        disabled=fixed,
        placeholder="none",
        persist_state="session",
        help="Trains one more TVAE on each of these labels, so that two similarities stand side by side on the map.",
    )
    further = state.read(FURTHER)
    if further:
        arms = ", ".join(f"{arm.upper()} on {notion}" for arm, notion in named_by_notion(further).items())
        st.caption(
            f"TVAE on {as_text(own)}, {as_text(arms)}. All arms see the same images in each step, and each forms its "
            "own triplets among them: not the same triplets."
        )


def chosen_notion(data: str) -> str:
    """The run's notion as `data.notion` has it: empty for the data set's first."""
    names, own = notion_names(data), state.read(OWN)
    return own if own in names[1:] else ""


def arms_with_notions(loss: LossConfig, data: str) -> dict[str, LossConfig]:
    """The VAE, the TVAE by the run's notion, and a TVAE by each further one."""
    names, own = notion_names(data), state.read(OWN)
    further = [name for name in state.read(FURTHER) or [] if name in names and name != own]
    return vae_and_tvae(loss) | {arm: replace(loss, notion=notion) for arm, notion in named_by_notion(further).items()}


def named_by_notion(notions: Sequence[str]) -> dict[str, str]:
    """Notions by the name of their arm, such as tvae-writer; of other signs than an arm's name may have, a number."""
    arms: dict[str, str] = {}
    for number, notion in enumerate(notions, 1):
        plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in notion.lower()).strip("-")
        name = f"tvae-{plain or number}"[:LONGEST_ARM]
        arms[name if name not in arms else f"{name[: LONGEST_ARM - 4]}-{number}"] = notion
    return arms
