"""Output of the benchmark suite, on tiny data; nothing here is timed."""

from __future__ import annotations

import json
import math
import sys

import pytest
import torch

from benchmarks import __main__ as suite
from benchmarks import accuracy_ways, peers, projection_ways, quality_ways
from benchmarks.interleaving import Timing
from benchmarks.limit import share_of_operations
from benchmarks.training_ways import measure, table
from benchmarks.tutorial import Net, drawn_triplets, triplet_loss, triplet_loss_in_one_pass
from tvae.config import LossConfig, ModelConfig, TrainConfig


def test_the_json_holds_the_headlines_as_numbers(digits, monkeypatch, tmp_path, capsys):
    """The whole quick suite; only the sizes are not those of MNIST."""
    monkeypatch.setattr(suite, "load_dataset", lambda name: digits)
    monkeypatch.setattr(suite, "RUN", suite.ROOT / "checkpoints" / "digits")
    monkeypatch.setattr(quality_ways, "GOAL", 0.5)
    monkeypatch.setattr(
        suite.training_ways,
        "measure",
        lambda split, train, steps, rounds, quick: measure(split, TrainConfig(batch_size=8), 1, 2, quick),
    )
    monkeypatch.setenv(suite.WITH_PEERS, json.dumps({"disent==0.8.0": "no network"}))
    written = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--json", str(written)])
    suite.main()
    figures = json.loads(written.read_text(encoding="utf-8"))
    assert set(suite.HEADLINES) == {
        *("pair_vs_tutorial", "pair_vs_tutorial_2_workers", "arm_vs_best_peer", "share_of_limit"),
        *("share_of_own_operations", "fast_vs_plain", "pair_vs_sequential"),
        *("time_to_quality_vs_tutorial", "curve200_seconds"),
    }
    for name in suite.HEADLINES:
        assert math.isfinite(figures[name]) and figures[name] > 0, name
    assert figures["quick"] is True and "cores" in figures["machine"]
    assert figures["figures"]["missing peers"] == {"disent==0.8.0": "no network"}
    printed = capsys.readouterr().out
    assert "disent==0.8.0 is not installed: no network" in printed
    assert "| pythae (no triplets) | not measured: " in printed


def test_one_pass_of_the_network_gives_the_loss_of_three(digits):
    loss, net = LossConfig(margin=0.5), Net(64, ModelConfig(hidden=16, latent_dim=4))
    batch = next(drawn_triplets(digits.train, 8, seed=0))
    losses = []
    for loss_of in (triplet_loss, triplet_loss_in_one_pass):
        torch.manual_seed(0)  # 8 * 4 random numbers a part: the same ones in one draw as in three
        losses.append(loss_of(net, batch, loss).item())
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_the_share_of_operations_counts_the_first_layer_s_two_products_by_their_ink():
    model = ModelConfig(hidden=400, latent_dim=20)
    assert share_of_operations(1.0, 384, 784, model) == 1
    # forward: 784·400 + 400·40 + 20·400 + 400·784; by the weights as many; by the inputs all but the first layer's
    dense = 3 * (784 * 400 + 400 * 40 + 20 * 400 + 400 * 784) - 784 * 400
    assert share_of_operations(0.19, 384, 784, model) == pytest.approx((dense - 2 * 784 * 400 * 0.81) / dense)


def test_a_peer_that_cannot_be_installed_is_reported_and_tried_again(monkeypatch, tmp_path):
    requested = []

    def install(python, requirement, seconds):
        requested.append(requirement)
        return "no network" if requirement.startswith("disent") else ""

    monkeypatch.setattr(peers, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(peers, "_install", install)
    packages = ("disent", "pythae==0.1.2")
    for expected in (["disent", "pythae"], ["disent"]):
        requested.clear()
        python, missing = peers.peers_python(packages, seconds=1.0)
        assert python.exists()
        assert [requirement.split("==")[0] for requirement in requested] == expected
        assert {name.split("==")[0]: why for name, why in missing.items()} == {"disent": "no network"}


def test_every_peer_that_trains_is_a_requirement():
    assert set(peers.TRAINING_PEERS) < {requirement.split("==")[0] for requirement in peers.requirements()}


def test_time_to_quality_leaves_evaluation_out_and_looks_closer_near_the_goal():
    quick_accuracies = iter([0.5, 0.9, 0.95, 0.954, 0.957])
    exact_accuracies = iter([0.955, 0.958])
    counts = []

    def steps(count: int) -> float:
        counts.append(count)
        return count / 100

    reached = quality_ways.reached(
        steps, lambda every: next(exact_accuracies if every == 1 else quick_accuracies), lambda: 12.0, from_step=100
    )
    assert counts == [100, 50, 50, 10, 10]
    assert (reached.steps, reached.accuracy, reached.error) == (220, 0.958, 12.0)
    assert reached.seconds == pytest.approx(2.2)


def test_growth_and_maps_become_rows(digits, monkeypatch):
    means = digits.test.pixels()[:60]
    labels = digits.test.labels[:60]
    monkeypatch.setattr(accuracy_ways, "SIZES", (30, 60, 90))
    grown = accuracy_ways.growth(means, labels)
    assert [size.n for size in grown] == [30, 60]
    assert len(accuracy_ways.growth_table(grown)) == 4
    measured = projection_ways.MeasuredMap(1.0, None, 0.5)
    assert projection_ways.table({"a": measured}, {"b": "why"})[2:] == [
        "| a | 1.00 | - | 0.5000 |",
        "| b | not measured: why | | |",
    ]


def test_maps_are_computed_alone_and_by_the_process_of_the_app(monkeypatch, capsys):
    """On the digits that ship."""

    def missing():
        raise ImportError("no such library")

    monkeypatch.setattr(suite, "RUN", suite.ROOT / "checkpoints" / "digits")
    monkeypatch.setattr(projection_ways, "peers", lambda means: {"a peer": missing})
    report = suite.Report(False, {}, {})
    suite.projections(report)
    assert set(report.figures["projections"]) == {
        "ours, PCA",
        "UMAP in the app, first fit",
        "UMAP in the app, second fit",
        "ours, t-SNE",
    }
    assert all(drawn["trustworthiness"] > 0.7 for drawn in report.figures["projections"].values())
    assert set(report.figures["both arms by the app's process, seconds"]) == {"umap", "tsne"}
    assert "| a peer | not measured: ImportError: no such library | | |" in capsys.readouterr().out


def test_the_pair_is_counted_as_two_arms():
    timings = {name: Timing((1.0, 1.0)) for name in ("tutorial way, 0 workers", "ours, both arms side by side, fast")}
    rows = table(timings, {}, triplets=100)
    assert rows[2:] == [
        "| tutorial way, 0 workers | 100 | ± 0 % | 1.00 |",
        "| ours, both arms side by side, fast | 200 | ± 0 % | 2.00 |",
    ]
