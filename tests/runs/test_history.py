"""Rows of a run's history: how many there are of a long run."""

from __future__ import annotations

from tvae.runs.history import HistoryWriter, read_history
from tvae.training.arm import ArmLosses
from tvae.training.loop import Report


def test_the_longest_run_of_twelve_arms_has_a_history_that_can_be_read_and_drawn(tmp_path):
    losses = ArmLosses(reconstruction=12.34567, kl=23.45678, triplet=0.12345, total=35.98765, spread=4.56789)
    arms = {f"w30-m{place}": losses for place in range(12)}
    writer, epochs = HistoryWriter(tmp_path, steps_per_epoch=1), 100_000
    for epoch in (*range(1, 1_001), *range(1_010, epochs + 1, 10)):  # those between get no row
        writer.add(Report(step=epoch, steps=epochs, epoch=float(epoch), arms=arms, images_per_second=1.0, warnings=()))
    rows = read_history(tmp_path)
    assert rows[-1]["step"] == epochs
    assert len(rows) == 2_800
    assert rows[0]["arms"]["w30-m0"]["kl"] == 23.45678
