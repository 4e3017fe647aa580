"""Why it costs: the ELBO that an arm loses in parts, and the spread of classes and of style behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.explore.advice import nats_of_error
from tvae.explore.elbo_cost import ElboParts, elbo_parts
from tvae.figures.arm_styles import arm_styles
from tvae.figures.trade.elbo_cost import elbo_steps
from tvae.metrics.class_spread import ClassSpread
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.choices.arms import shown_arms
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name, measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital

MOST_COUNTED = 20_000
"""Images of which the wrong triplets are counted image by image: the work grows with their square."""


def show_why_it_costs(run: Run, encoding: Encoding) -> None:
    """Show where the nats go that the shown arms lose beside the VAE, and what their latent spaces do for it."""
    arms = shown_arms(run)
    baseline = min(run.config.arms, key=lambda arm: run.config.arms[arm].triplet_weight)
    others = [arm for arm in arms if arm != baseline]
    if not others:
        return
    st.markdown("## Why it costs")
    mixtures = [arm for arm in (baseline, *others) if run.config.arms[arm].prior != "standard"]
    if mixtures:
        names = " and ".join(arm_text(run.config, arm) for arm in mixtures)
        st.info(f"The prior of {names} has a centre for each class, so its KL is not in the same parts as the VAE's.")
        others = [arm for arm in others if arm not in mixtures]
    if not others or baseline in mixtures:
        return
    try:
        rate = nats_of_error(run.config.arms[baseline])
    except InputError as error:
        st.info(as_text(f"What the ELBO loses can't be shown. {reason_of(error)}."))
        return
    shown = [baseline, *others]
    spreads = {arm: cached.class_spread(encoding.arms[arm], encoding.labels) for arm in shown}
    parts = {arm: elbo_parts(encoding.arms[arm], spreads[arm], rate) for arm in shown}
    last = others[-1]
    lost = parts[last].less(parts[baseline])
    names = {arm: arm_text(run.config, arm) for arm in shown}
    st.markdown(in_words(names[last], names[baseline], lost))
    chart, table = st.columns([6, 7], gap="medium")
    with chart:
        styles = arm_styles(run.config)
        figure = cached.figure(
            elbo_steps,
            {
                "squared error": lost.error,
                "KL: classes apart": lost.classes,
                "KL: within classes": lost.style,
                "KL: the rest": lost.rest,
            },
            whole="all: the ELBO",
            colour=styles[last].colour,
            title=f"nats that {styles[last].name} loses beside {styles[baseline].name}",
        )
        st.plotly_chart(
            figure,
            key=keys.ELBO_CHART,
            config={"displayModeBar": False},
            alt=f"Nats of the ELBO that {styles[last].name} loses, part by part",
        )
    numbers = _numbers(encoding, parts, spreads)
    with table:
        st.table(pd.DataFrame(_texts(numbers), index=list(numbers)).rename(columns=names))
    st.caption(_caption(run, encoding, rate))
    st.download_button(
        "Why it costs as CSV",
        lambda: rows_csv({"figure": list(numbers), **{arm: [row[arm] for row in numbers.values()] for arm in shown}}),
        csv_name("why-it-costs", run),
        "text/csv",
        on_click="ignore",
    )


def in_words(name: str, baseline: str, lost: ElboParts) -> str:
    """What an arm loses and by which moves, as Markdown."""
    verb, size = ("loses", lost.total) if lost.total >= 0 else ("gains", -lost.total)
    first = (
        f"**{with_capital(name)} {verb} {size:.2f} nats of the ELBO** beside {baseline}: {_signed(lost.error)} in "
        f"squared error, {_signed(lost.kl)} in KL."
    )
    if not (lost.classes > 0 > lost.style):
        return first
    within = (
        f"Its classes lie farther apart, which takes {lost.classes:.2f} nats of KL, and the images of a class lie "
        f"closer together, which gives {-lost.style:.2f} back."
    )
    if lost.error <= 0:
        return f"{first} {within}"
    return f"{first} {within} So less is left to tell the images of a class apart, and reconstructions get worse."


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _numbers(
    encoding: Encoding, parts: dict[str, ElboParts], spreads: dict[str, ClassSpread]
) -> dict[str, dict[str, float]]:
    """Each figure of the table by arm; shares are fractions."""
    numbers = {
        "squared error, nats": {arm: part.error for arm, part in parts.items()},
        "KL: classes apart": {arm: part.classes for arm, part in parts.items()},
        "KL: within classes": {arm: part.style for arm, part in parts.items()},
        "KL: the rest": {arm: part.rest for arm, part in parts.items()},
        "dimensions of style": {arm: spread.dimensions for arm, spread in spreads.items()},
        "nearest a wrong centre": {arm: float(spread.wrong.mean()) for arm, spread in spreads.items()},
    }
    if len(encoding.labels) <= MOST_COUNTED:
        numbers["their share of what is wrong"] = {
            arm: _share_of_wrong(encoding.arms[arm], encoding, spread) for arm, spread in spreads.items()
        }
    return numbers


def _share_of_wrong(arm: EncodedArm, encoding: Encoding, spread: ClassSpread) -> float:
    """Share of the triplets in the wrong order, at m = 0, whose anchor is nearest a wrong class's centre."""
    lost = np.nan_to_num(cached.lost_shares(arm, encoding.labels, 0.0))
    return float(lost[spread.wrong].sum() / lost.sum()) if lost.sum() else 0.0


def _texts(numbers: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """Columns of the table, by arm."""
    shares = {"nearest a wrong centre", "their share of what is wrong"}

    def text(figure: str, value: float) -> str:
        if figure in shares:
            return f"{100 * value:.2f}\u00a0%"
        return f"{value:.1f}" if figure == "dimensions of style" else f"{value:.2f}"

    arms = next(iter(numbers.values()))
    return {arm: [text(figure, row[arm]) for figure, row in numbers.items()] for arm in arms}


def _caption(run: Run, encoding: Encoding, rate: float) -> str:
    """How to read chart and table, as Markdown."""
    counted = (
        " Their share of what is wrong: of the triplets in the wrong order at m = 0, those with such an anchor."
        if len(encoding.labels) <= MOST_COUNTED
        else ""
    )
    return (
        f"A bar begins where the one above ends. A squared error of 1 is {rate:.4g} nats by the VAE's weights. KL, "
        "classes apart: half the mean squared distance of an image's class centre from the centre of all. "
        "Within classes: half that of an image's mean from its class centre. The rest: clouds narrower than the "
        "prior's. Dimensions of style: in how many directions the images of a class differ, those of "
        "little spread counted in part. Nearest a wrong centre: images to which the centre of another class is nearer "
        f"than that of their own.{counted} On the {measured_on(run, encoding)}."
    )
