"""Export formats: each file is read back by the library that its readers use."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import torch
from PIL import Image
from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue] (made at run time)

from tvae.config import ModelConfig
from tvae.errors import InputError
from tvae.export import onnx_files
from tvae.export.formats import FORMATS, export, format_name
from tvae.export.hub import HubVAE
from tvae.export.material import WRITTEN_BY, Material, material_of
from tvae.export.onnx_files import Decoder, Encoder
from tvae.export.plain_torch import plain_torch
from tvae.export.projector import MOST_SIDE, write_projector
from tvae.metrics.neighbours import nearest_neighbours
from tvae.model.vae import VAE, initial_model, weights_of
from tvae.runs.evaluation import load_model
from tvae.runs.history import read_history

NAMES = {
    "projector": "vectors",
    "atlas": "atlas.parquet",
    "onnx": "onnx",
    "hub": "hub",
    "torch": "torch",
    "bundle": "run.zip",
    "report": "report.html",
    "markdown": "appendix",
    "charts": "charts",
}


def test_every_format_has_a_name_that_the_parser_knows():
    assert set(NAMES) == set(FORMATS)
    with pytest.raises(
        InputError, match="to: 'csv' is not known; there are projector, atlas, onnx, hub, torch, bundle"
    ):
        format_name("csv")


def test_projector_has_every_row_of_every_arm_and_a_thumbnail_for_each(material, tmp_path):
    assert export(material, "projector", tmp_path / "out") == []
    folder, n = tmp_path / "out", len(material.encoding.labels)
    for arm, encoded in material.encoded.items():
        vectors = np.loadtxt(folder / f"{arm}.tsv", delimiter="\t")
        np.testing.assert_allclose(vectors, encoded.means, rtol=1e-6)
    header, *rows = (folder / "metadata.tsv").read_text().splitlines()
    assert header.split("\t")[:2] == ["class", "row"]
    assert [row.split("\t")[0] for row in rows] == [
        material.run.class_names[label] for label in material.encoding.labels
    ]
    assert [int(row.split("\t")[1]) for row in rows] == list(range(n))
    sprite = np.asarray(Image.open(io.BytesIO((folder / "sprite.png").read_bytes())))
    across = sprite.shape[1] // 8
    for row in (0, across, n - 1):
        x, y = 8 * (row % across), 8 * (row // across)
        np.testing.assert_array_equal(sprite[y : y + 8, x : x + 8], material.images[row, :, :, 0])
    config = (folder / "projector_config.pbtxt").read_text()
    assert WRITTEN_BY in config and 'tensor_path: "tvae.tsv"' in config and config.count("single_image_dim: 8") == 4


def test_projector_has_the_losses_of_every_row_of_the_history(material, tmp_path):
    export(material, "projector", tmp_path / "out")
    history = read_history(material.run.folder)
    for arm in material.arms:
        (path,) = (tmp_path / "out" / arm).iterdir()
        content, values = path.read_bytes(), {}
        while content:  # a record: its length as 8 bytes, a checksum of 4, its bytes, a checksum of 4
            length = int.from_bytes(content[:8], "little")
            event = Event.FromString(content[12 : 12 + length])
            values |= {(event.step, value.tag): value.simple_value for value in event.summary.value}
            content = content[12 + length + 4 :]
        assert values == pytest.approx(
            {(row["step"], f"loss/{term}"): value for row in history for term, value in row["arms"][arm].items()}
        )


def test_a_sprite_beyond_what_browsers_take_is_reduced_and_said_so(material, tmp_path):
    images = np.zeros((4, 5_000, 2_500, 1), np.uint8)
    encoding = replace(
        material.encoding,
        labels=material.encoding.labels[:4],
        arms={arm: replace(one, means=one.means[:4], errors=one.errors[:4]) for arm, one in material.encoded.items()},
    )
    few = replace(material, encoding=encoding, images=images)
    (note,) = write_projector(few, tmp_path)
    assert note.startswith("Thumbnails have 2048 x 4096 pixels in place of 2500 x 5000")
    with Image.open(tmp_path / "sprite.png") as sprite:
        assert max(sprite.size) <= MOST_SIDE


def test_atlas_has_pictures_places_latents_and_neighbours_of_every_row(material, tmp_path):
    export(material, "atlas", tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.metadata[b"written_by"].decode() == WRITTEN_BY
    for row in (0, 200):
        picture = table["image"][row].as_py()
        np.testing.assert_array_equal(
            np.asarray(Image.open(io.BytesIO(picture["bytes"]))), material.images[row, :, :, 0]
        )
    assert set(material.layouts) == {"pca", "tsne", "umap"}
    for arm, encoded in material.encoded.items():
        np.testing.assert_array_equal(np.stack(table[f"{arm}_latent"].to_numpy()), encoded.means)
        for method in material.layouts:
            places = np.stack([table[f"{arm}_{method}_{axis}"].to_numpy() for axis in "xy"], axis=1)
            np.testing.assert_array_equal(places, material.layouts[method].positions[arm])
        nearest, row = nearest_neighbours(encoded.means, 15), table[f"{arm}_neighbors"][7].as_py()
        assert row["ids"] == [7, *nearest.rows[7]]
        assert row["distances"] == pytest.approx([0, *nearest.distances[7]])


def test_without_images_the_formats_that_have_some_have_none(material, tmp_path):
    bare = material_of(material.run, material.encoding, None, ["tvae"])
    assert bare.arms == ("tvae",)
    export(bare, "atlas", tmp_path / "a.parquet")
    export(bare, "projector", tmp_path / "p")
    assert "image" not in pq.read_schema(tmp_path / "a.parquet").names
    assert "sprite" not in (tmp_path / "p" / "projector_config.pbtxt").read_text()
    assert sorted(path.name for path in (tmp_path / "p").glob("*.tsv")) == ["metadata.tsv", "tvae.tsv"]


def test_onnx_files_give_what_torch_gives_for_any_number_of_images(material, tmp_path):
    export(material, "onnx", tmp_path / "o")
    for arm in material.arms:
        _check_onnx(tmp_path / "o", arm, load_model(material.run, arm), material.images)


def test_onnx_files_of_convolutions_give_what_torch_gives(tmp_path, monkeypatch):
    shape, config = (28, 20, 3), ModelConfig(kind="conv", hidden=32, latent_dim=5)
    vae = initial_model(shape, config, 0).eval()
    monkeypatch.setattr(onnx_files, "load_model", lambda run, arm: vae)
    run = type("Run", (), {"image_shape": shape, "config": type("Config", (), {"model": config})})
    stand_in = type("StandIn", (), {"run": run, "names": {"a": "A"}, "told": "a test"})
    onnx_files.write_onnx(cast(Material, stand_in), tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (7, *shape), np.uint8)
    _check_onnx(tmp_path, "a", vae, images)


def _check_onnx(folder: Path, arm: str, vae: VAE, images: np.ndarray) -> None:
    encode, decode = (onnxruntime.InferenceSession(folder / f"{arm}-{part}.onnx") for part in ("encoder", "decoder"))
    assert [value.name for value in (*encode.get_inputs(), *encode.get_outputs())] == ["images", "mean", "log_var"]
    assert encode.get_modelmeta().producer_name == WRITTEN_BY
    assert encode.get_inputs()[0].shape[0] == "batch"
    shape = images.shape[1:]
    for count in (1, 7):
        pixels = images[:count].astype(np.float32) / 255
        mean, log_var = map(np.asarray, encode.run(None, {"images": pixels}))
        (pictures,) = map(np.asarray, decode.run(None, {"latents": mean}))
        with torch.no_grad():
            posterior = Encoder(vae)(torch.from_numpy(pixels))
            own = Decoder(vae, shape)(torch.from_numpy(mean))
        np.testing.assert_allclose(mean, posterior[0], atol=1e-5)
        np.testing.assert_allclose(log_var, posterior[1], atol=1e-5)
        np.testing.assert_allclose(pictures, own, atol=1e-5)


def test_the_hub_folder_gives_the_module_without_a_network(material, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    export(material, "hub", tmp_path / "h")
    for arm in material.arms:
        module = HubVAE.from_pretrained(str(tmp_path / "h" / arm))
        kept = weights_of(load_model(material.run, arm))
        for name, tensor in weights_of(module).items():
            np.testing.assert_array_equal(tensor, kept[name])
        assert module.written_by == WRITTEN_BY
        card = (tmp_path / "h" / arm / "README.md").read_text()
        assert card.startswith("---\nlicense: mit\n") and "PyTorchModelHubMixin" not in card


def _encodes_as(script: str, folder: Path, vae: VAE, images: np.ndarray) -> None:
    """Check a script of plain PyTorch: run without this package, it encodes and decodes as the model does."""
    pixels = images.reshape(len(images), -1).astype(np.float32) / 255
    np.save(folder / "in.npy", pixels)
    zeros = next(line for line in script.splitlines() if line.startswith("images = "))
    lines = script.replace(zeros, 'import numpy\nimages = torch.from_numpy(numpy.load("in.npy"))')
    lines += 'numpy.savez("out.npz", mean=mean, log_var=log_var, reconstructions=reconstructions)\n'
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-I", "-c", lines], cwd=folder, env=bare, check=True)
    with np.load(folder / "out.npz") as out, torch.no_grad():
        posterior = vae.encode(torch.from_numpy(pixels))
        np.testing.assert_allclose(out["mean"], posterior.mean, atol=1e-5)
        np.testing.assert_allclose(out["log_var"], posterior.log_var, atol=1e-5)
        np.testing.assert_allclose(out["reconstructions"], vae.decode(posterior.mean), atol=1e-5)


def test_plain_pytorch_loads_the_weights_without_this_package(material, tmp_path):
    export(material, "torch", tmp_path / "t")
    script = (tmp_path / "t" / "load_tvae.py").read_text()
    assert "tvae." not in script.replace("tvae.safetensors", "").split("\n", 1)[1]
    _encodes_as(script, tmp_path / "t", load_model(material.run, "tvae"), material.images[:5])


def test_plain_pytorch_builds_convolutions_too(tmp_path):
    shape, config = (28, 20, 3), ModelConfig(kind="conv", hidden=32, latent_dim=5)
    vae = initial_model(shape, config, 0).eval()
    safetensors.numpy.save_file(weights_of(vae), tmp_path / "a.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    _encodes_as(plain_torch(shape, config, "a.safetensors"), tmp_path, vae, images)


def test_the_models_card_holds_lines_that_run(material: Material, tmp_path):
    export(material, "hub", tmp_path / "h")
    card = (tmp_path / "h" / "vae" / "README.md").read_text()
    script = card.split("```python\n")[1].split("```")[0]
    assert material.images is not None
    _encodes_as(script, tmp_path / "h" / "vae", load_model(material.run, "vae"), material.images[:3])
