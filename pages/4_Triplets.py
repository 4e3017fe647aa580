"""The triplets page: exact triplet accuracy as the margin moves, other weights, and the triplets themselves."""

import numpy as np
import pandas as pd
import streamlit as st

from tvae.checkpoints import Encoding, Run
from tvae.config import InputError
from tvae.selection import rows_csv
from tvae.triplet_accuracy import ClassMatrix, sampled_triplet_accuracy
from tvae.triplet_curve import TripletCurve, margin_where
from tvae.ui import cached, figures
from tvae.ui.colours import INK, arm_colours
from tvae.ui.frame import open_page, theme
from tvae.ui.triplet_inspector import show_triplets
from tvae.ui.triplet_settings import show_ladder, show_weights

PAPER = {"vae": 0.7508, "tvae": 0.9560}
LONGEST = 5.0
"""Where the slider ends."""
LARGEST = 1e9
"""Beyond any latent distance; a larger number would be noise in the address."""
NEARLY_ONE_POINT = 1e-3
"""A spread below this, where the prior's is the root of the number of latents, is a collapsed arm."""
SAMPLED = 10_000


def chosen_margin() -> float:
    """The margin, from the slider, the field or the address: three ways to one value."""
    slide, field = st.columns([5, 1], vertical_alignment="bottom")
    with field:
        typed = st.number_input(
            "Any margin", 0.0, LARGEST, 0.1, 0.025, "%.4g", key="margin", bind="query-params", help="0 or more."
        )
    margin = 0.1 if typed is None else float(typed)
    st.session_state["margin-slider"] = min(margin, LONGEST)
    with slide:
        st.slider(
            "Margin m: how much nearer the positive must be than the negative",
            0.0,
            LONGEST,
            step=0.025,
            format="%.3f",
            key="margin-slider",
            on_change=lambda: st.session_state.update(margin=round(st.session_state["margin-slider"], 6)),
        )
    return margin


def arm_key(run: Run, arm: str) -> str:
    """Names an arm's encoding by what its file is now."""
    return f"{cached.file_key(run, 'encoding-test.npz')}:{arm}"


def counted_curves(run: Run, encoding: Encoding) -> dict[str, TripletCurve]:
    """The curves beside the run's metrics, or counted now."""
    kept = cached.curves(run)
    if kept is not None:
        return kept
    return {
        arm: cached.counted_curve(arm_key(run, arm), encoding.arms[arm].means, encoding.labels) for arm in encoding.arms
    }


def about(run: Run, encoding: Encoding) -> str:
    """What every number here was measured on."""
    return (
        f"{run.config.data.name} {encoding.split} split, n = {len(encoding.labels):,}, seed {run.config.train.seed}, "
        f"checkpoint {run.name}"
    )


def show_table(run: Run, encoding: Encoding, curves: dict[str, TripletCurve], margin: float) -> None:
    """Every arm at this margin, and the paper's numbers beside them."""
    sampled = st.session_state.get("sampled", False)
    numbers: dict[str, list] = {"arm": list(curves), "triplet accuracy": [], "paper": []}
    numbers |= {"violated": [], "mean violation": [], "mean gap": [], "anchors left out": []}
    estimates, interpolated = [], False
    for arm, curve in curves.items():
        means = encoding.arms[arm].means
        at_zero = cached.counted_accuracy(arm_key(run, arm), means, encoding.labels, 0.0)
        if margin <= curve.margins[-1]:
            point = curve.at(margin)
            share, violation = point.accuracy, point.mean_violation
            interpolated |= point.interpolated
        else:
            counted = cached.counted_accuracy(arm_key(run, arm), means, encoding.labels, margin)
            share, violation = float(counted.accuracy[0]), float(counted.mean_violation[0])
        numbers["triplet accuracy"].append(share)
        numbers["paper"].append(PAPER.get(arm))
        numbers["violated"].append(1 - share)
        numbers["mean violation"].append(violation)
        numbers["mean gap"].append(at_zero.mean_gap)
        numbers["anchors left out"].append(at_zero.n_anchors_left_out)
        if sampled:
            found = sampled_triplet_accuracy(means, encoding.labels, margin, SAMPLED, run.config.train.seed)
            estimates.append(f"{100 * found.accuracy:.2f} ± {100 * found.standard_error:.2f} %")
    mark = "≈ " if interpolated else ""
    columns = {f"Triplet accuracy, m = {margin:g}": [mark + percent(share) for share in numbers["triplet accuracy"]]}
    if sampled:
        columns[f"Sampled, {SAMPLED:,} triplets"] = estimates
    columns |= {
        "Paper's Table 1 (MNIST), m not given": [percent(share) for share in numbers["paper"]],
        "Violated": [mark + percent(share) for share in numbers["violated"]],
        "Mean violation": [f"{mark}{value:.4g}" for value in numbers["mean violation"]],
        "Mean gap D(a,n) − D(a,p)": [f"{value:.3f}" for value in numbers["mean gap"]],
        "Anchors left out": [f"{count:,}" for count in numbers["anchors left out"]],
    }
    st.table(pd.DataFrame(columns, index=[arm.upper() for arm in curves]))
    n_triplets = next(iter(curves.values())).n_triplets
    how = "≈: between two counted margins 0.025 apart, on the straight line." if interpolated else ""
    words, save = st.columns([5, 1])
    words.caption(f"Exact over all {n_triplets:,} triplets of the {about(run, encoding)}. {how}")
    numbers["margin"] = [margin] * len(curves)
    save.download_button("Table as CSV", rows_csv(numbers), "triplet-accuracy.csv", "text/csv", on_click="ignore")


def percent(share: float | None) -> str:
    """A fraction as a percentage to two decimals."""
    return "–" if share is None else f"{100 * share:.2f} %"


def show_curves(run: Run, encoding: Encoding, curves: dict[str, TripletCurve], margin: float) -> None:
    """Accuracy at every margin, and where each arm meets the paper's numbers."""
    st.markdown("##### Accuracy at every margin")
    targets = {f"paper's {arm.upper()} {100 * share:.2f} %": share for arm, share in PAPER.items()}
    crossings = [
        (arm, name, where)
        for arm, curve in curves.items()
        for name, share in targets.items()
        if (where := margin_where(curve, share)) is not None
    ]
    figure = figures.accuracy_curves(curves, arm_colours(list(curves)), margin, targets, crossings)
    st.plotly_chart(figure, key="curves", alt="Triplet accuracy of each arm against the margin")
    told = "; ".join(f"{arm.upper()} meets the {name} at m = {where:.3f}" for arm, name, where in crossings)
    off = "" if margin <= LONGEST else f" m = {margin:g} lies beyond the chart."
    st.caption(f"{told or 'No arm meets a number of the paper'} (rings).{off} {about(run, encoding).capitalize()}.")
    arms = list(curves)
    columns = {"margin": curves[arms[0]].margins.round(6)} | {arm: curves[arm].accuracy for arm in arms}
    st.download_button("Curves as CSV", rows_csv(columns), "curves.csv", "text/csv", on_click="ignore")


def show_gaps(run: Run, encoding: Encoding, arms: list[str], margin: float) -> None:
    """How far apart negatives and positives are."""
    found = {arm: cached.gaps(arm_key(run, arm), encoding.arms[arm].means, encoding.labels) for arm in arms}
    figure = figures.gap_distribution(found, arm_colours(arms), margin)
    st.plotly_chart(figure, key="gaps", alt="Distribution of the gaps of all triplets")
    st.caption(
        f"What lies left of m = {margin:g} is violated at m. All triplets, an anchor as heavy as another; "
        f"{about(run, encoding)}."
    )


def matrix_of(run: Run, encoding: Encoding, arm: str, curve: TripletCurve, margin: float) -> ClassMatrix:
    """From the curve where it has this very margin, else counted."""
    if curve.class_satisfied is not None and margin <= curve.margins[-1] and not curve.at(margin).interpolated:
        return curve.class_matrix(margin)
    return cached.counted_matrix(arm_key(run, arm), encoding.arms[arm].means, encoding.labels, margin)


def take_cell() -> None:
    """Have a clicked cell be the pair of classes."""
    points = st.session_state["matrices"]["selection"]["points"]
    if points:
        st.session_state["anchor-class"], st.session_state["negative-class"] = points[-1]["customdata"]


def show_matrices(
    run: Run, encoding: Encoding, arms: list[str], curves: dict[str, TripletCurve], margin: float
) -> tuple[int | None, int | None]:
    """Accuracy by pair of classes; the labels of the pair that what follows is kept to."""
    st.markdown("##### Which classes are confused")
    names = run.provenance.class_names
    labels = curves[arms[0]].classes.tolist()
    left, right, note = st.columns([1, 1, 3], vertical_alignment="bottom")
    options = [None, *labels]

    def named(label: int | None) -> str:
        return "any" if label is None else names[label]

    pair = (
        left.selectbox("Anchor's class", options, format_func=named, key="anchor-class"),
        right.selectbox("Negative's class", options, format_func=named, key="negative-class"),
    )
    note.caption("A pair of classes, chosen here or by a click on a cell, filters the triplets shown below.")
    matrices = {arm: matrix_of(run, encoding, arm, curves[arm], margin) for arm in arms}
    cells = worst_pairs(matrices, names)
    if len(labels) <= figures.MOST_CLASSES:
        figure = figures.class_matrices(matrices, [names[label] for label in labels], pair, INK[theme()])
        st.plotly_chart(figure, key="matrices", on_select=take_cell, selection_mode="points", alt="Accuracy by class")
    else:
        st.dataframe(pd.DataFrame(cells).head(50), hide_index=True)
    st.caption(
        f"Exact share of right triplets in percent at m = {margin:g}, by the anchor's class (rows) and the negative's "
        f"(columns){'' if len(labels) <= figures.MOST_CLASSES else ': the 50 worst pairs'}; {about(run, encoding)}."
    )
    st.download_button("Class pairs as CSV", rows_csv(cells), "class-pairs.csv", "text/csv", on_click="ignore")
    return pair


def worst_pairs(matrices: dict[str, ClassMatrix], names: tuple[str, ...]) -> dict[str, list]:
    """Columns of the table of all pairs of classes, the last arm's worst first."""
    last = list(matrices.values())[-1]
    rows, columns = np.nonzero(last.triplets)
    order = np.argsort(last.accuracy[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    return {
        "anchor's class": [names[label] for label in last.classes[rows]],
        "negative's class": [names[label] for label in last.classes[columns]],
        **{arm: matrix.accuracy[rows, columns].round(6).tolist() for arm, matrix in matrices.items()},
    }


def show_definition(run: Run) -> None:
    """What is counted, and why all of it."""
    with st.expander("What exactly is counted"):
        st.latex(r"A(m) = \mathbb E_{a}\,\mathbb E_{p}\,\mathbb E_{n}\;\mathbf 1[\,D(a,p) - D(a,n) + m \le 0\,]")
        st.markdown(
            "D is the Euclidean distance between two means μ. The anchor a is any image, each as heavy as another; "
            "the positive p any *other* image of its class; the negative n any image of another class. A triplet with "
            "zero loss counts as right, a tie too. An anchor alone in its class has no positive: it is left out and "
            "counted. Nothing is sampled. *Mean violation* is the expectation of max(0, D(a,p) − D(a,n) + m), the "
            "triplet loss itself; *mean gap* that of D(a,n) − D(a,p), which no margin changes."
        )
        st.toggle(
            "Show the sampled estimate beside the exact value",
            key="sampled",
            help="The paper's protocol: random triplets. Its standard error is what counting all of them avoids.",
        )
        st.caption(f"The estimate draws {SAMPLED:,} random triplets with seed {run.config.train.seed}; ± is one error.")


def show_page(run: Run, encoding: Encoding) -> None:
    """All of the page below its title."""
    margin = chosen_margin()
    curves = counted_curves(run, encoding)
    arms = list(curves) if len(curves) < 2 else [next(iter(curves)), next(reversed(curves))]
    for arm, curve in curves.items():
        if curve.all_equal or curve.spread < NEARLY_ONE_POINT:
            st.warning(
                f"{arm.upper()} has collapsed: its means are {'' if curve.all_equal else 'nearly '}one point, so every "
                "distance is 0. Accuracy at m = 0 is then made of ties and says nothing."
            )
    if len(curves) == 1:
        st.info("This run has one arm, so nothing stands beside it.")
    show_table(run, encoding, curves, margin)
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_curves(run, encoding, curves, margin)
    with right:
        st.markdown("##### How far apart")
        place = st.container()
    show_definition(run)
    pair = show_matrices(run, encoding, arms, curves, margin)
    st.markdown("##### Look at the triplets")
    show_triplets(run, encoding, arms, margin, pair)
    st.markdown("##### Other weights, same networks")
    show_weights(run, encoding, curves)
    st.markdown("##### What training at that setting gives")
    show_ladder(margin)
    with place:  # last, for the first count of all gaps takes seconds
        show_gaps(run, encoding, arms, margin)


run = open_page("Triplets", "Which margin should I use, and what does it cost?", at_any_epoch=True)
encoding = cached.encoding(run)
if encoding is None:
    st.info("This run's folder holds no encoded test split yet; it is written when a run ends.")
else:
    try:
        show_page(run, encoding)
    except InputError as error:
        st.error(f"Nothing to count here. {error}.")
