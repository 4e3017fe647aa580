import json
import re
import struct

import numpy as np
import pytest
import safetensors.numpy

from tvae.errors import InputError
from tvae.runs.encodings import read_curves, read_encoding, read_gaps
from tvae.runs.history import append_history, read_history
from tvae.runs.recording import record
from tvae.runs.run import epochs_text, read_metrics, read_run, runs_in
from tvae.runs.weights import read_weights
from tvae.system.array_files import parse_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    """Folder of a trained run; tests that change it work on a copy."""
    from tests.conftest import small_run_config

    folder = tmp_path_factory.mktemp("runs") / "small"
    for _ in record(small_run_config(), digits, folder, "python -m tvae train"):
        pass
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    import shutil

    return shutil.copytree(trained, tmp_path / "copy")


def test_a_run_comes_back(trained, digits):
    from tests.conftest import small_run_config

    run = read_run(trained)
    assert run.config == small_run_config()
    assert run.provenance.finished
    assert run.provenance.test.fingerprint == digits.test.fingerprint
    assert run.provenance.class_names == digits.class_names
    assert read_weights(run, "tvae")["decoder.2.weight"].shape == (64, 32)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    assert encoding.means["vae"].shape == (len(digits.test), 4)
    np.testing.assert_array_equal(encoding.labels, digits.test.labels)
    curves = read_curves(run, "test")
    metrics = read_metrics(trained)
    assert curves is not None
    assert metrics is not None
    for arm in ("vae", "tvae"):
        assert curves[arm].at(0.5).accuracy == pytest.approx(metrics["arms"][arm]["triplet_accuracy"]["0.5"], abs=1e-6)
    gaps = read_gaps(run, "test")
    assert gaps is not None
    assert gaps["tvae"].share.sum() == pytest.approx(1)
    assert read_history(trained)[-1]["step"] == run.provenance.step
    assert runs_in(trained.parent) == [trained]


def test_no_pickle_and_no_leftovers_in_the_folder(trained):
    assert sorted(path.name for path in trained.iterdir()) == [
        "README.md",
        "config.json",
        "curves-test.npz",
        "encoding-test.npz",
        "gaps-test.npz",
        "history.jsonl",
        "metrics.json",
        "replay",
        "snapshots",
        "tvae.safetensors",
        "vae.safetensors",
    ]


SHAPES = {"a": (2, 2), "b": (3,)}


def header(content: bytes) -> tuple[dict, bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(plain: object, body: bytes) -> bytes:
    text = plain.encode() if isinstance(plain, str) else json.dumps(plain).encode()
    return struct.pack("<Q", len(text)) + text + body


def good() -> bytes:
    return safetensors.numpy.save({"a": np.ones((2, 2), np.float32), "b": np.zeros(3, np.float32)})


def test_half_precision_is_widened():
    content = safetensors.numpy.save({"a": np.ones((2, 2), np.float16), "b": np.zeros(3, np.float32)})
    weights = parse_weights(content, SHAPES, "f")
    assert weights["a"].dtype == np.float32


def damaged():
    plain, body = header(good())
    yield "empty", b"", "cut short"
    yield "short", good()[:-4], "not a whole safetensors file"
    yield "cut in the header", good()[:40], "cut short"
    yield "a giant header", struct.pack("<Q", 2**60) + b"{}", "cut short"
    yield "garbled", with_header("{" * 50, body), "not JSON"
    yield "no text", with_header("", b"\xff" * 20), "not JSON"
    yield "a list", with_header([1], body), "header: Expected object, got array"
    yield "foreign", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a safetensors file|not JSON"
    yield "doubled", with_header('{"a": 1, "a": 2}', body), "twice"
    yield "many digits", with_header('{"a": 1' + "0" * 5_000 + "}", body), "5,001 characters"
    yield "missing", with_header({"a": plain["a"]}, body), "'b' is missing"
    yield "unknown", with_header({**plain, "c": plain["a"]}, body), "unknown tensor 'c'"
    yield "shape", with_header({**plain, "b": {**plain["b"], "shape": [0, 10**15]}}, body), r"'b' has shape \[0, 10"
    yield "type", with_header({**plain, "a": {**plain["a"], "dtype": "I64"}}, body), "must be F32 or F16"
    yield "entry", with_header({**plain, "a": 3}, body), "Expected object, got int"
    yield (
        "NaN",
        safetensors.numpy.save({"a": np.full((2, 2), np.nan, np.float32), "b": np.zeros(3, np.float32)}),
        ("not finite"),
    )


@pytest.mark.parametrize(("content", "said"), [pytest.param(c, s, id=name) for name, c, s in damaged()])
def test_damaged_weights_are_refused_with_the_difference(content, said):
    with pytest.raises(InputError, match=said) as refusal:
        parse_weights(content, SHAPES, "tvae.safetensors")
    assert str(refusal.value).startswith("tvae.safetensors: ")
    assert "\n" not in str(refusal.value)


def test_weights_of_another_shape_are_refused(copy):
    plain = json.loads((copy / "config.json").read_text())
    plain["model"]["hidden"] = 31
    (copy / "config.json").write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"has shape \[32, 64\]; right is \[31, 64\]"):
        read_weights(read_run(copy), "vae")


def test_a_missing_or_oversized_weight_file_is_named(copy):
    run = read_run(copy)
    (copy / "vae.safetensors").write_bytes(b"\0" * 10_000_000)
    with pytest.raises(InputError, match=r"vae\.safetensors: 10,000,000 bytes"):
        read_weights(run, "vae")
    (copy / "vae.safetensors").unlink()
    with pytest.raises(InputError, match=r"vae\.safetensors: can't be read"):
        read_weights(run, "vae")
    with pytest.raises(InputError, match="no arm 'other'; it has vae, tvae"):
        read_weights(run, "other")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[]", "Expected object, got array"),
        ("{}", "schema version None"),
        ("\x00\xff", "not JSON"),
        ('{"schema": 1' + "0" * 5_000 + "}", "5,001 characters"),
        ('{"schema": 1, "schema": 1}', "'schema' is there twice"),
        ('{"schema": 1e999}', "not a finite number"),
        ('{"schema": 2}', "a newer version of this program"),
    ],
)
def test_a_damaged_config_is_refused(copy, text, said):
    (copy / "config.json").write_text(text)
    with pytest.raises(InputError, match=rf"config\.json: .*{said}"):
        read_run(copy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.clear(), "Object missing required field"),
        (lambda p: p.pop("train"), "Object missing required field train"),
        (lambda p: p.update(train=5), "train: Expected object, got int"),
        (lambda p: p["test"].update(n=-1), "test.n: Expected int >= 1"),
        (lambda p: p["train"].update(n=0), "train.n: Expected int >= 1"),
        (lambda p: p["train"].update(n=True), "train.n: Expected int, got bool"),
        (lambda p: p["test"].update(height="tall"), "test.height: Expected int, got str"),
        (lambda p: p["test"].update(height=10**6, width=10**6), "test: pixels: 1000000000000 is not possible"),
        (lambda p: p["test"].update(channels=2), "test.channels: Invalid enum value 2"),
        (lambda p: p["test"].update(height=9), "train: images of"),
        (lambda p: p["test"].update(fingerprint=5), "test.fingerprint: Expected str, got int"),
        (lambda p: p["test"].update(fingerprint="../../etc"), "test.fingerprint: Expected str matching"),
        (lambda p: p.update(step="abc"), "step: Expected int, got str"),
        (lambda p: p.update(step=None), "step: Expected int, got null"),
        (lambda p: p.update(step=-1), "step: Expected int >= 0"),
        (lambda p: p.update(seconds="1"), "seconds: Expected float, got str"),
        (lambda p: p.update(seconds=-1), "seconds: Expected float >= 0"),
        (lambda p: p.update(versions=[]), "versions: Expected object, got array"),
        (lambda p: p.update(versions={"tvae": 1}), "versions[...]: Expected str, got int"),
        (lambda p: p.update(class_names=[]), "class_names: Expected array of length >= 1"),
        (lambda p: p.update(class_names=["a\nb"]), "class_names[0]: Expected str matching"),
        (lambda p: p.update(class_names="digits"), "class_names: Expected array, got str"),
        (lambda p: p.update(threads=0), "threads: Expected int >= 1"),
        (lambda p: p.update(device="a\nb"), "device: Expected str matching"),
        (lambda p: p.update(extra=1), "unknown field 'extra'"),
        (lambda p: p.update(notion=None), "notion: Expected str, got null"),
    ],
)
def test_a_damaged_provenance_is_refused_by_its_field(copy, change, said):
    plain = json.loads((copy / "config.json").read_text())
    change(plain["provenance"])
    (copy / "config.json").write_text(json.dumps(plain))
    with pytest.raises(InputError) as refused:
        read_run(copy)
    assert f"config.json: provenance: {said}" in str(refused.value) and "\n" not in str(refused.value)


def test_infinite_seconds_are_refused_and_not_written_back(copy):
    text = (copy / "config.json").read_text()
    (copy / "config.json").write_text(re.sub(r'"seconds": [\d.]+', '"seconds": 1e999', text))
    with pytest.raises(InputError, match=r"config\.json: 1e999 is not a finite number"):
        read_run(copy)


def test_a_run_of_fewer_images_than_a_batch_is_refused(copy):
    """It would have no step in an epoch, and every page divides by that."""
    plain = json.loads((copy / "config.json").read_text())
    plain["provenance"]["train"]["n"] = 1
    (copy / "config.json").write_text(json.dumps(plain))
    with pytest.raises(InputError, match="batch-size: 16 is not possible; it must be at most 1"):
        read_run(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.clear(),
        lambda m: m.update(arms=[]),
        lambda m: m.update(arms={}),
        lambda m: m["arms"].update(vae={}),
        lambda m: m["arms"].update(vae=None),
        lambda m: m["arms"].update(other=m["arms"]["vae"]),
        lambda m: m["arms"]["vae"].update(triplet_accuracy={"0.5": 1.0}),
        lambda m: m["arms"]["vae"].update(triplet_accuracy={"0": "all"}),
        lambda m: m["arms"]["vae"].update(kl=None),
        lambda m: m["arms"]["vae"].update(spread="wide"),
        lambda m: m["arms"]["vae"].update(anchor_sample={"of": 3}),
        lambda m: m.update(n=0),
        lambda m: m.update(n="many"),
    ],
)
def test_metrics_of_an_odd_shape_are_refused_in_one_line(copy, change):
    plain = json.loads((copy / "metrics.json").read_text())
    change(plain)
    (copy / "metrics.json").write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"metrics\.json: ") as refused:
        read_metrics(copy)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_run(tmp_path / "none")
    with pytest.raises(InputError, match=r"holds no config\.json"):
        read_run(tmp_path)


def test_a_torn_last_line_of_history_is_passed_over(tmp_path):
    row = {"step": 1, "epoch": 0.5, "arms": {}}
    append_history(tmp_path, row)
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"step": 2, "ar')
    assert read_history(tmp_path) == [row]
    (tmp_path / "history.jsonl").write_text('{"step": \n{"step": 2}\n')
    with pytest.raises(InputError, match="line 1: not JSON"):
        read_history(tmp_path)


@pytest.mark.parametrize("name", ["encoding-test.npz", "curves-test.npz", "gaps-test.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x80\x04K\x01."])
def test_a_broken_side_file_counts_as_absent(copy, name, content):
    (copy / name).write_bytes(content)
    run = read_run(copy)
    readers = {"encoding-test.npz": read_encoding, "curves-test.npz": read_curves, "gaps-test.npz": read_gaps}
    assert readers[name](run, "test") is None


@pytest.mark.parametrize(
    ("epochs", "text"),
    [(0, "0"), (0.5, "0.5"), (28.125, "28.1"), (99.94, "99.9"), (138.9, "138.9"), (200, "200"), (1234.5, "1,234.5")],
)
def test_epochs_are_told_in_three_figures_or_to_a_tenth_and_never_as_a_power(epochs, text):
    assert epochs_text(epochs) == text
