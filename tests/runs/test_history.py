"""Rows of a run's history: their number for a long run."""

from __future__ import annotations

from tvae.runs.history import HistoryWriter, read_history
from tvae.training.arm import ArmLosses
from tvae.training.loop import Report


def test_the_longest_run_of_twelve_arms_has_a_history_that_can_be_read_and_drawn(tmp_path):
    losses = ArmLosses(reconstruction=12.34567, kl=23.45678, triplet=0.12345, total=35.98765, spread=4.56789)
    arms = {f"w30-m{place}": losses for place in range(12)}
    writer, epochs = HistoryWriter(tmp_path, steps_per_epoch=1), 100_000
    for epoch in (*range(1, 1_001), *range(1_010, epochs + 1, 10)):  # those between get no row
        writer.add(Report(step=epoch, steps=epochs, epoch=float(epoch), arms=arms, images_per_second=1.0, warnings={}))
    rows = read_history(tmp_path)
    assert rows[-1]["step"] == epochs
    assert len(rows) == 2_800
    assert rows[0]["arms"]["w30-m0"]["kl"] == 23.45678


def test_a_row_is_the_mean_of_a_tenth_of_an_epoch_and_the_last_of_what_is_left(tmp_path):
    writer = HistoryWriter(tmp_path, steps_per_epoch=20)
    writer.begin()
    for step in range(1, 6):
        losses = ArmLosses(reconstruction=step, kl=2.0 * step, triplet=0.0, total=3.0 * step, spread=1.0)
        writer.add(
            Report(
                step=step,
                steps=5,
                epoch=step / 20,
                arms={"vae": losses},
                images_per_second=99.6,
                warnings={"tvae": "collapsed"},
            )
        )
    rows = read_history(tmp_path)
    assert [row["step"] for row in rows] == [2, 4, 5]
    assert [row["arms"]["vae"]["kl"] for row in rows] == [3.0, 7.0, 10.0]
    assert [row["arms"]["vae"]["reconstruction"] for row in rows] == [1.5, 3.5, 5.0]
    assert rows[0]["epoch"] == 0.1
    assert (rows[0].get("images_per_second"), rows[0].get("warnings")) == (100, ["arm tvae: collapsed"])
