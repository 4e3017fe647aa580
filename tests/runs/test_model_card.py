"""The model cards of the runs that ship are what the template gives today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tvae.runs.available import SHIPPED
from tvae.runs.model_card import model_card
from tvae.runs.run import CARD, read_metrics, read_run, runs_in


def test_a_run_of_seconds_tells_the_epochs_that_it_trained_and_not_its_limit():
    run = read_run(SHIPPED / "digits")
    metrics = read_metrics(run.folder)
    assert metrics is not None
    limit = replace(run.config, train=replace(run.config.train, epochs=100_000))
    provenance = replace(run.provenance, seconds_budget=30.0, step=5 * run.steps_per_epoch // 2)
    card = model_card(replace(run, config=limit, provenance=provenance), metrics)
    assert "It was given 30 s, which was enough for 2.5 epochs." in card
    assert "100,000" not in card and "100000" not in card


@pytest.mark.parametrize("folder", runs_in(SHIPPED), ids=lambda folder: folder.name)
def test_a_shipped_card_is_the_template_s(folder):
    metrics = read_metrics(folder)
    assert metrics is not None
    assert (folder / CARD).read_text(encoding="utf-8") == model_card(read_run(folder), metrics)
