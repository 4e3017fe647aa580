"""Use of the right order: the precision of a search by similarity in the compared arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.number_texts import percent_texts
from tvae.runs.arm_names import arm_name
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.run import Run


def search_in_words(run: Run, arms: Sequence[str], metrics: Mapping[str, Any]) -> str:
    """Sentence in plain text on R-precision; empty where an arm has collapsed or it is not measured."""
    compared = compared_arms(run, arms)
    precisions = [metrics["arms"][arm].get("r_precision") for arm in compared]
    if None in precisions or not collapse_warnings(metrics, {}).keys().isdisjoint(compared):
        return ""
    texts = percent_texts(precisions)
    beside = f" ({arm_name(run.config, compared[0])}: {texts[0]})" if len(texts) > 1 else ""
    return (
        "To search by similarity, and to label images from few examples. Of the images that a search finds, as many as "
        f"there are of the class, {texts[-1]} are of the right class{beside}."
    )
