"""Notions of similarity on the command line: trained by one, arms with their own, judged by another."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.cli.test_cli import tvae
from tvae.cli.commands import run_config
from tvae.cli.options import Train
from tvae.cli.parsing import main, parse
from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.data import load_dataset
from tvae.errors import InputError
from tvae.runs.run import read_metrics, read_run

SMALL = ("--data.name", "digits", "--model.hidden", "32", "--model.latent-dim", "4", "--train.batch-size", "32")


def config_of(*words: str) -> RunConfig:
    options = parse(Train, "train", ["--out", "x", *words])
    assert options is not None
    return run_config(options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "two"
    words = ("--out", str(folder), *SMALL, "--train.epochs", "3", "--arms.tvae-slant.notion", "slant")
    assert main(["train", *words, "--json"]) == 0
    return folder


def printed(capsys, *words: str) -> dict:
    assert main(list(words)) == 0
    return json.loads(capsys.readouterr().out)


def test_an_arm_of_a_notion_of_its_own_is_added_with_the_loss_of_the_tvae():
    usual = vae_and_tvae(LossConfig(margin=2))
    for words in (("--arms.tvae-slant.notion", "slant"), ("--arms.tvae-slant.notion=slant",)):
        arms = config_of("--loss.margin", "2", *words).arms
        assert list(arms.items()) == [*usual.items(), ("tvae-slant", LossConfig(margin=2, notion="slant"))]
    arms = config_of("--arms.a.notion", "x y", "--train.seed", "3", "--arms.tvae.notion", "b").arms
    assert [loss.notion for loss in arms.values()] == ["", "b", "x y"] and list(arms) == ["vae", "tvae", "a"]
    assert config_of("--data.notion", "slant").data.notion == "slant"


def test_every_setting_of_a_loss_can_be_an_arm_s_own():
    words = ("--arms.soft.triplet-form", "sigmoid", "--arms.soft.surgery=1", "--arms.soft.triplet-warmup", "50")
    arms = config_of("--loss.margin", "2", *words, "--arms.vae.kl-weight", "4").arms
    assert arms["soft"] == LossConfig(margin=2, triplet_form="sigmoid", surgery=1.0, triplet_warmup=50)
    assert arms["vae"] == LossConfig(margin=2, triplet_weight=0, kl_weight=4)
    assert arms["tvae"] == LossConfig(margin=2)
    literature = config_of("--preset", "literature", "--arms.hardest.triplet-warmup", "9").arms
    assert literature["hardest"].triplet_warmup == 9 and literature["hardest"].triplets == "hardest"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--arms.a.notion",), "--arms.a.notion: names no notion; right is --arms.a.notion and the name of a label"),
        (("--arms.a.notion", "--train.seed", "3"), "--arms.a.notion: names no notion"),
        (("--arms.a.notion=",), "--arms.a.notion=: names no notion; right is --arms.a.notion and"),
        (("--preset", "ladder", "--arms.a.notion", "b"), "--arms.a.notion: preset 'ladder' has no arm tvae"),
        (("--preset", "vae", "--arms.a.notion", "b"), "preset 'vae' has no arm tvae, whose loss it would have; it has"),
        (("--arms.a/b.notion", "slant"), "arms: 'a/b' is not possible"),
        (("--arms.a.colour", "3"), "--arms.a.colour: a loss has no setting 'colour'; it has margin, triplet-weight"),
        (("--arms.a.margin", "wide"), "--arms.a.margin: 'wide' is no number"),
        (("--arms.a.margin", "-1"), "loss.margin: -1.0 is not possible"),
        (("--arms.a.triplet-warmup=1.5",), "--arms.a.triplet-warmup: '1.5' is no whole number"),
        (("--arms.a.triplets",), "--arms.a.triplets: names no value; right is --arms.a.triplets and its value"),
        (("--arms.a.triplets", "easy"), "loss.triplets: 'easy' is not possible"),
    ],
)
def test_wrong_arms_are_one_line(words, line):
    with pytest.raises(InputError) as refusal:
        config_of(*words)
    assert line in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("option", ["--data.notion", "--arms.tvae-writer.notion"])
def test_a_notion_that_the_data_has_not_leaves_no_folder(tmp_path, capsys, option):
    out = tmp_path / "run"
    assert main(["train", "--out", str(out), *SMALL, option, "writer"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"tvae: {option.removeprefix('--')}: ") and error.count("\n") == 1
    assert "data set 'digits' has no label column 'writer'; it has class, slant" in error
    assert not out.exists()


def test_the_help_shows_the_option():
    text = " ".join(tvae("train", "--help").stdout.replace("│", " ").split())
    assert "--arms.NAME.SETTING VALUE A setting of one arm's loss" in text
    assert "as in `--arms.tvae-slant.notion slant`" in text and "--loss.triplet-form {hinge,softplus,sigmoid}" in text


def test_a_run_says_by_which_notion_it_was_judged_and_each_arm_by_its_own(run, capsys):
    metrics = read_metrics(run)
    assert metrics is not None and metrics["notion"] == "class"
    assert "own_notion" not in metrics["arms"]["vae"] and "own_notion" not in metrics["arms"]["tvae"]
    own = metrics["arms"]["tvae-slant"]["own_notion"]
    by_slant = printed(capsys, "evaluate", str(run), "--notion", "slant", "--margins", "0", "1", "--json")
    assert by_slant["notion"] == "slant" and by_slant.keys() == metrics.keys()
    assert own["notion"] == "slant" and not any("own_notion" in arm for arm in by_slant["arms"].values())
    for figure in ("triplets", "knn_accuracy", "map_at_r", "silhouette"):
        assert own[figure] == pytest.approx(by_slant["arms"]["tvae-slant"][figure])
    for margin in ("0", "1"):
        same = by_slant["arms"]["tvae-slant"]["triplet_accuracy"][margin]
        assert own["triplet_accuracy"][margin] == pytest.approx(same)
    by_class = printed(capsys, "evaluate", str(run), "--json")
    assert by_class == metrics
    for arm in by_class["arms"]:
        assert by_class["arms"][arm]["reconstruction"] == pytest.approx(by_slant["arms"][arm]["reconstruction"])


def test_the_table_says_which_notion_a_figure_is_by(run, capsys):
    assert main(["evaluate", str(run)]) == 0
    table = " ".join(capsys.readouterr().out.split())
    assert "judged by class" in table and "by its own notion, margin 0" in table and "% slant" in table


def test_an_unknown_notion_to_judge_by_is_one_line(run, capsys):
    assert main(["evaluate", str(run), "--notion", "writer"]) == 2
    assert "has no label column 'writer'; it has class, slant" in capsys.readouterr().err


def test_labels_of_a_notion_are_written_beside_the_run_s(run, tmp_path):
    assert main(["encode", str(run), "--notion", "slant", "--out", str(tmp_path / "z.npz")]) == 0
    with np.load(tmp_path / "z.npz") as arrays:
        digits = load_dataset("digits")
        assert set(arrays) == {"vae", "tvae", "tvae-slant", "labels", "labels-slant"}
        np.testing.assert_array_equal(arrays["labels"], digits.test.labels)
        np.testing.assert_array_equal(arrays["labels-slant"], digits.test.by("slant").labels)


def test_the_card_and_the_config_say_which_arm_has_which_notion(run):
    card = (run / "README.md").read_text()
    assert "| notion of its triplets | class | class | slant |" in card
    assert "saw the same images and noise, each with triplets by its own notion of similarity among them" in card
    assert ", judged by class; triplet accuracy is exact" in card and "--arms.tvae-slant.notion slant" in card
    read = read_run(run)
    assert read.notion == "class" and read.arms_of_own_notion == ("tvae-slant",)
    assert [read.arm_notion(arm) for arm in read.config.arms] == ["class", "class", "slant"]


def test_a_run_by_slant_alone_is_one_of_that_notion(tmp_path):
    out = tmp_path / "slant"
    words = (*SMALL, "--train.epochs", "1", "--data.notion", "slant", "--arms.tvae.notion", "slant")
    assert main(["train", "--out", str(out), *words, "--json"]) == 0
    read, metrics = read_run(out), read_metrics(out)
    assert metrics is not None and (metrics["notion"], read.notion, len(read.provenance.class_names)) == (
        "slant",
        "slant",
        3,
    )
    assert read.config.arms == vae_and_tvae(LossConfig()), "an arm's notion that is the run's is the default"
    digits = load_dataset("digits")
    assert read.provenance.train.fingerprint == digits.train.fingerprint
    assert read.labels_key == digits.train.by("slant").labels_key != digits.train.fingerprint
