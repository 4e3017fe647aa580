"""The answer in one sentence: right whatever rose and fell, and for every kind of run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tvae.config import LossConfig
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.key_figures import key_figures
from tvae.runs.answer.number_texts import percent_texts
from tvae.runs.answer.search import search_in_words
from tvae.runs.answer.sentence import answer_in_words, cost_in_words, live_answer
from tvae.runs.run import Run, read_metrics, read_run

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def run_of(**arms: LossConfig) -> Run:
    run = read_run(SHIPPED / "digits")
    return replace(run, config=replace(run.config, arms=arms)) if arms else run


def arm(share: float | None = 0.8, error: float = 10.0, kl: float = 12.0, **more: object) -> dict:
    return {
        "triplet_accuracy": {"0": share},
        "triplets": 0 if share is None else 99,
        "reconstruction": error,
        "kl": kl,
    } | more


def said(first: dict, second: dict, run: Run | None = None) -> str:
    run = run or run_of()
    arms = list(run.config.arms)
    return answer_in_words(run, arms, {"split": "test", "arms": {arms[0]: first, arms[-1]: second}}).replace(
        "\u00a0", " "
    )


def test_the_shipped_run_has_the_sentence():
    run = read_run(SHIPPED / "mnist")
    assert answer_in_words(run, list(run.config.arms), read_metrics(run.folder) or {}).replace("\u00a0", " ") == (
        "The triplet loss puts 97.8 % of all triplets in the right order, 77.0 % without it; "
        "it costs 18 % more squared error."
    )


@pytest.mark.parametrize(
    ("error", "kl", "words"),
    [
        (11.8, 12.1, "it costs 18 % more squared error"),
        (11.8, 15.0, "it costs 18 % more squared error and 25 % more KL"),
        (11.8, 9.0, "it costs 18 % more squared error but 25 % less KL"),
        (10.05, 13.2, "its squared error hardly changes (+0.5 %), but it costs 10 % more KL"),
        (10.05, 10.8, "its squared error hardly changes (+0.5 %), but it has 10 % less KL"),
        (10.05, 12.05, "its squared error and its KL hardly change"),
        (9.0, 12.1, "it has 10 % less squared error"),
        (9.0, 15.0, "it has 10 % less squared error but 25 % more KL"),
        (9.0, 9.0, "it has 10 % less squared error and 25 % less KL"),
        (19.9, 24.0, "it costs 99 % more squared error and 2.0 times the KL"),
        (9.0, 150.0, "it has 10 % less squared error but 12 times the KL"),
    ],
)
def test_the_cost_says_what_rose_and_what_fell(error, kl, words):
    assert cost_in_words(arm(), arm(error=error, kl=kl)).replace("\u00a0", " ") == words


def test_an_accuracy_that_falls_or_stays_is_said_so():
    assert "70.0 % of all triplets in the right order, fewer than without it (80.0 %);" in said(arm(0.8), arm(0.7))
    assert "80.0 % of all triplets in the right order, as many as without it;" in said(arm(0.8), arm(0.8))


def test_shares_that_would_read_alike_have_more_decimals():
    assert percent_texts([0.97841, 0.97829]) == ["97.84\u00a0%", "97.83\u00a0%"]
    assert percent_texts([0.9999, 0.5]) == ["99.99\u00a0%", "50.00\u00a0%"]
    assert percent_texts([1.0, 0.5]) == ["100.0\u00a0%", "50.0\u00a0%"]


def test_what_is_compared_is_named_where_it_is_not_the_triplet_term_alone():
    two_weights = run_of(w10=LossConfig(triplet_weight=10), w100=LossConfig(triplet_weight=100))
    assert said(arm(0.8), arm(0.9), two_weights).startswith(
        "90.0 % of all triplets are in the right order with weight 100 and margin 1, "
        "80.0 % with weight 10 and margin 1;"
    )
    other_kl = run_of(vae=LossConfig(triplet_weight=0), tvae=LossConfig(kl_weight=2))
    assert said(arm(0.8), arm(0.9), other_kl).startswith(
        "90.0 % of all triplets are in the right order with TVAE, 80.0 % with VAE;"
    )
    ladder = run_of(vae=LossConfig(triplet_weight=0), w1=LossConfig(triplet_weight=1), w3=LossConfig(triplet_weight=3))
    assert said(arm(0.8), arm(0.9), ladder).startswith(
        "The triplet loss with weight 3 and margin 1 puts 90.0 % of all triplets in the right order, 80.0 % without it;"
    )


def test_the_arm_without_the_term_comes_first_whatever_their_order():
    turned = run_of(tvae=LossConfig(), vae=LossConfig(triplet_weight=0))
    assert compared_arms(turned, ["tvae", "vae"]) == ("vae", "tvae")
    assert "90.0 % of all triplets in the right order, 80.0 % without it" in said(arm(0.9), arm(0.8), turned)


def test_one_arm_is_told_and_not_compared():
    alone = run_of(vae=LossConfig(triplet_weight=0))
    words = answer_in_words(alone, ["vae"], {"arms": {"vae": arm()}})
    assert words.startswith("80.0\u00a0% of all triplets are in the right order with VAE, at a squared error")
    assert "nothing is compared" in words
    assert not any(figure.change for figure in key_figures(alone, ["vae"], {"arms": {"vae": arm()}}))


def test_what_the_right_order_is_good_for_is_a_share_of_what_a_search_finds():
    def searched(first: dict, second: dict) -> str:
        metrics = {"arms": {"vae": first, "tvae": second}}
        return search_in_words(run_of(), ["vae", "tvae"], metrics).replace("\u00a0", " ")

    found = searched(arm(r_precision=0.4172), arm(r_precision=0.8269))
    assert found.endswith("as many as there are of the class, 82.7 % are of the right class (VAE: 41.7 %).")
    alone = search_in_words(run_of(), ["tvae"], {"arms": {"tvae": arm(r_precision=0.5)}})
    assert alone.endswith("50.0\u00a0% are of the right class.")
    assert searched(arm(), arm(r_precision=0.8)) == "", "a run that was measured before this figure was"
    assert searched(arm(None, r_precision=None), arm(None, r_precision=None)) == ""
    assert searched(arm(1.0, all_means_equal=True, r_precision=0.1), arm(r_precision=0.8)) == ""


def test_what_can_t_be_measured_is_said():
    words = said(arm(None), arm(None, error=11.8))
    assert "test images have no triplet" in words and "18 % more squared error" in words
    metrics = {"split": "train", "arms": {"vae": arm(None), "tvae": arm(None)}}
    assert answer_in_words(run_of(), ["vae", "tvae"], metrics).startswith("The train images have no triplet, so what")
    assert key_figures(run_of(), ["vae", "tvae"], metrics)[0].value == "not measurable"


def test_a_collapsed_arm_is_named_and_its_accuracy_is_not():
    words = said(arm(1.0, all_means_equal=True), arm(0.9))
    assert words == "Nothing can be said of triplets here: VAE has collapsed, all images at nearly one place."


def test_the_accuracy_of_a_collapsed_arm_is_no_figure():
    metrics = {"arms": {"vae": arm(1.0, all_means_equal=True), "tvae": arm(0.9, error=11.8)}}
    accuracy, error, _ = key_figures(run_of(), ["vae", "tvae"], metrics)
    assert (accuracy.value, accuracy.change) == ("not measurable", "")
    assert error.change == "+18.0\u00a0%"


def test_a_sample_of_anchors_and_its_error_are_told():
    sampled = {"anchor_sample": {"counted": 20_000, "of": 70_000, "seed": 0}, "triplet_accuracy_error": {"0": 0.0012}}
    words = said(arm(0.8, **sampled), arm(0.9, **sampled))
    assert (
        "90.0 % ± 0.12 of all triplets of 20,000 sampled anchors in the right order, 80.0 % ± 0.12 without it" in words
    )


def test_another_notion_is_named():
    run = run_of(vae=LossConfig(triplet_weight=0), tvae=LossConfig(), slant=LossConfig(notion="slant"))
    assert said(arm(0.8), arm(0.7), run).startswith(
        "The triplet loss on slant puts 70.0 % of all triplets by class in the right order"
    )


def test_a_run_under_way_tells_its_last_figures():
    run = run_of()
    running = replace(run, provenance=replace(run.provenance, finished=False))
    row = {
        "epoch": 3.2,
        "arms": {
            "vae": dict(triplet=0.33, reconstruction=9.0, kl=8.0),
            "tvae": dict(triplet=0.02, reconstruction=10.0, kl=9.0),
        },
    }
    words = live_answer(running, ["vae", "tvae"], row)
    assert words.startswith("This run has not ended") and "epoch 3.2" in words
    assert "TVAE has triplet loss 0.02 (VAE 0.33), squared error 10.00 (VAE 9.00)" in words
    assert live_answer(running, ["vae", "tvae"], None).endswith("there is no answer so far.")
    assert live_answer(run, ["vae", "tvae"], None).startswith("This run was never measured")


def test_figures_say_their_change_and_which_way_is_better():
    accuracy, error, kl = key_figures(run_of(), ["vae", "tvae"], {"arms": {"vae": arm(), "tvae": arm(0.9, 11.8, 12.3)}})
    assert (accuracy.value, accuracy.before, accuracy.change) == ("90.0\u00a0%", "80.0\u00a0%", "+10.0 points")
    assert (accuracy.verdict, accuracy.direction) == ("better", "higher is better")
    assert (error.change, error.verdict, error.direction) == ("+18.0\u00a0%", "worse", "lower is better")
    assert (kl.verdict, kl.direction) == ("more", "a part of the loss")
