"""Precision, recall and classes of the samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from tvae.data import Split
from tvae.explore.classifier.classifier import Classifier, class_shares, effective_classes
from tvae.explore.sample_comparison import Measure, best_arm, paper_claim_sentence, sample_shares
from tvae.figures.arm_styles import arm_styles
from tvae.figures.generation import sampled_classes
from tvae.metrics.precision_recall import NEIGHBOURS, SampleQuality
from tvae.metrics.uncertainty.share import Share
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.generation.classifier import offer_classifier
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import arm_columns
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name

NO_BREAK = "\u2060"
PIXELS, FEATURES = "pixels", "the classifier's features"


def share_words(share: Share, bold: bool = False) -> str:
    """A share in percent with its 95 % interval."""
    low, high = share.interval
    text = f"{100 * share.value:.1f} % ({100 * low:.1f}{NO_BREAK}–{NO_BREAK}{100 * high:.1f})"
    return f"**{text}**" if bold else text


def show_quality(
    run: Run,
    arms: list[str],
    qualities: dict[str, SampleQuality],
    real: SampleQuality,
    predicted: dict[str, np.ndarray],
    real_predicted: np.ndarray | None,
    requested_class: int | None,
    caption: str,
) -> None:
    """Show precision, recall and the classifier's predictions for every arm, with real images for comparison."""
    shares = {arm: sample_shares(quality, predicted.get(arm), requested_class) for arm, quality in qualities.items()}
    real_shares = sample_shares(real, real_predicted, requested_class)
    names = {arm: arm_text(run.config, arm) for arm in arms}
    titles: dict[Measure, str] = {"precision": "Precision", "recall": "Recall"}
    if "agreement" in real_shares and requested_class is not None:
        titles["agreement"] = f"Taken for {run.class_names[requested_class]}"
    table: dict[str, list[str]] = {}
    for measure, title in titles.items():
        best = best_arm({arm: shares[arm][measure] for arm in arms}, real_shares[measure])
        cells = [share_words(shares[arm][measure], arm == best) for arm in arms]
        table[title] = [*cells, share_words(real_shares[measure])]
    if requested_class is None and predicted and real_predicted is not None:
        count = len(run.class_names)
        kinds = [effective_classes(class_shares(labels, count)) for labels in (*predicted.values(), real_predicted)]
        table["Classes, evenly"] = [f"{kind:.2f} of {count}" for kind in kinds]
    if len(arms) > 1:
        st.markdown(paper_claim_sentence(shares, real_shares, arms[0], arms[-1], names))
    st.table(pd.DataFrame(table, index=[*names.values(), "real images"]))
    st.caption(caption)
    columns: dict[str, list] = {"arm": [*arms, "real images"]}
    for measure, title in titles.items():
        every = [*(shares[arm][measure] for arm in arms), real_shares[measure]]
        columns |= {
            title: [share.value for share in every],
            f"{title}, 95 % interval from": [share.interval[0] for share in every],
            f"{title}, to": [share.interval[1] for share in every],
        }
    st.download_button("Table as CSV", rows_csv(columns), csv_name("samples", run), "text/csv", on_click="ignore")


def show_measures(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    requested_class: int | None,
    how: dict[str, Any],
    classifier: Classifier | None,
    images: Split,
    train: Split | None,
) -> None:
    """The table and the chart below the samples."""
    space = classifier if how["space"] == FEATURES else None
    rows, _, real = cached.real_reference(images, requested_class, how["most"], space)
    n, names = len(rows.reference), run.class_names
    qualities, predicted = {}, {}
    for arm in arms:
        imagined = cached.samples(
            run, arm, requested_class, train, count=n, temperature=how["temperature"], seed=how["seed"]
        )
        qualities[arm] = cached.quality(
            run,
            arm,
            images,
            requested_class,
            train,
            most=how["most"],
            temperature=how["temperature"],
            seed=how["seed"],
            space=space,
        )
        if classifier is not None:
            predicted[arm] = cached.classified(classifier, imagined)
    real_predicted = None if classifier is None else cached.classified(classifier, images.images[rows.others])
    values = "colours" if images.image_shape[2] == 3 else "grey values"
    where = f"in {values} of pixels" if space is None else "in the classifier's 256 features"
    of_class = "" if requested_class is None else f" of class {names[requested_class]}"
    table, chart = arm_columns(2, key=keys.MEASURES)
    with table:
        st.markdown("## Precision and recall")
        show_quality(
            run,
            arms,
            qualities,
            real,
            predicted,
            real_predicted,
            requested_class,
            f"Precision: share of {n:,} samples (noise seed {how['seed']}) that lie among {n:,} real test images"
            f"{of_class}, nearer to one of them than its k-th nearest other (k = {NEIGHBOURS}, {where}). Recall: share "
            f"of the real ones that lie so among the samples (Kynkäänniemi et al. 2019). Both depend on n, k and the "
            f"space, so compare within this table; *real images* are {n:,} others. Blurred samples lie amid the real "
            "ones, so precision may exceed theirs, which is no merit. In brackets the 95\u00a0% interval (Wilson 1927) "
            "from the number of images; bold where the difference is beyond it and no share beyond the real images'. "
            f"{run.config.data.name} test split, training seed {run.config.train.seed}, checkpoint {run.name}.",
        )
    with chart:
        st.markdown("## Which classes the classifier names")
        if classifier is None or real_predicted is None:
            offer_classifier(run)
            return
        count = len(names)
        figure = cached.figure(
            sampled_classes,
            {arm: class_shares(labels, count) for arm, labels in predicted.items()},
            class_shares(real_predicted, count),
            names,
            arm_styles(run.config),
        )
        st.plotly_chart(
            figure, key=keys.CLASSES_SEEN, config={"displayModeBar": False}, alt="Classes that the classifier names"
        )
        right = 100 * cached.share_classified_right(classifier, images)
        st.caption(
            f"The classifier is a small network trained on the training labels alone, right on {right:.2f} % of "
            f"{len(images):,} test images; n = {n:,} samples of each arm. It must name a class even where a sample "
            "shows none."
        )
