"""The model cards of the runs that ship are what the template gives today."""

from __future__ import annotations

import pytest

from tvae.runs.available import SHIPPED
from tvae.runs.model_card import model_card
from tvae.runs.run import CARD, read_metrics, read_run, runs_in


@pytest.mark.parametrize("folder", runs_in(SHIPPED), ids=lambda folder: folder.name)
def test_a_shipped_card_is_the_template_s(folder):
    metrics = read_metrics(folder)
    assert metrics is not None
    assert (folder / CARD).read_text(encoding="utf-8") == model_card(read_run(folder), metrics)
