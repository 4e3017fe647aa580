"""Images a second taken in, from a zip of PNGs, an .npz and parquet, against torchvision's ImageFolder, in turns.

All decode the same pictures with Pillow and reduce them with the same filter to 28 × 28 grey, on one core. Ours looks
at every picture, keeps it and writes the checked file; ImageFolder lists its folder and fills an array.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from benchmarks.interleaving import interleaved, ratio
from tvae.data import load_dataset
from tvae.data.own import Choices, keep, understand
from tvae.data.own.choices import Size
from tvae.data.own.resizing import RESAMPLING
from tvae.data.torchvision_guard import torchvision_datasets

SIZE = 28
ROW_GROUP_BYTES = 100 * 2**20
"""Bytes of a row group of parquet at most, as Hugging Face's datasets 5.2 writes pictures."""


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000, help="images of the small pictures; a tenth of the large")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-of", nargs=2, help="take in this source with this size, and print the memory used")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if options.memory_of:
        print(json.dumps(memory_used(Path(options.memory_of[0]), cast(Size, int(options.memory_of[1])))))
        return
    with tempfile.TemporaryDirectory() as folder:
        digits = load_dataset("mnist").train
        images, labels = digits.images.reshape(-1, SIZE, SIZE), digits.labels
        print_table("MNIST's digits, 28 × 28", Path(folder), list(images[: options.images]), labels, options.rounds)
        large = [enlarged(image) for image in images[: options.images // 10]]
        print_table("the same as photographs of 256 × 192 in colour", Path(folder), large, labels, options.rounds)
        print_memory(Path(folder), images, labels)


def enlarged(image: np.ndarray) -> np.ndarray:
    """A picture (192, 256, 3) with noise like a photograph's."""
    grey = np.asarray(Image.fromarray(image).resize((256, 192), Image.Resampling.BICUBIC), np.int16)
    noise = np.random.default_rng(int(image.sum())).integers(-12, 13, (192, 256, 3), dtype=np.int16)
    return np.clip(grey[..., None] + noise, 0, 255).astype(np.uint8)


def print_table(title: str, folder: Path, pictures: list[np.ndarray], labels: np.ndarray, rounds: int) -> None:
    sources = written(folder / title.replace(" ", "-"), pictures, labels)
    choices = Choices(size=SIZE, label="class", split="stratified")
    ways: dict[str, Callable[[], float]] = {"ImageFolder": lambda: image_folder(sources["folder"])}
    for name, source in sources.items():
        ways[name] = lambda source=source: taken_in(source, choices)
    timings = interleaved(ways, rounds)
    print(f"\n{title}, {len(pictures):,} images, {rounds} rounds\n")
    print("| way | images a second | spread | times ImageFolder |\n| --- | ---: | ---: | ---: |")
    for name, timing in timings.items():
        rate = len(pictures) / timing.median
        print(f"| {name} | {rate:,.0f} | ± {timing.spread:.0%} | {ratio(timings['ImageFolder'], timing):.2f} |")


def written(folder: Path, pictures: list[np.ndarray], labels: np.ndarray) -> dict[str, Path]:
    """The pictures as class folders, as a zip of them, as an .npz and as parquet in the hub's schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    contents = []
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=False)):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        contents.append(buffer.getvalue())
        path = folder / "folder" / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[-1])
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "folder").rglob("*.png")):
            archive.write(path, path.relative_to(folder))
    np.savez_compressed(folder / "a.npz", images=np.stack(pictures), labels=labels[: len(pictures)])
    cells = pa.array(
        [{"bytes": c, "path": None} for c in contents], pa.struct({"bytes": pa.binary(), "path": pa.string()})
    )
    table = pa.table({"image": cells, "class": pa.array(labels[: len(pictures)])})
    rows = max(1, len(table) * ROW_GROUP_BYTES // table.nbytes)
    pq.write_table(table, folder / "a.parquet", row_group_size=rows)
    return {name: folder / name for name in ("folder", "a.zip", "a.npz", "a.parquet")}


def image_folder(folder: Path) -> float:
    """Seconds of the processor that ImageFolder takes to list the folder and to decode and reduce every picture."""

    def load(path: str) -> Image.Image:
        with Path(path).open("rb") as file:  # as torchvision's own loader, which converts to RGB
            return Image.open(file).convert("L")

    def reduced(picture: Image.Image) -> np.ndarray:
        return np.asarray(picture if picture.size == (SIZE, SIZE) else picture.resize((SIZE, SIZE), RESAMPLING))

    begin = time.process_time()
    dataset = torchvision_datasets().ImageFolder(str(folder), transform=reduced, loader=load)
    images = np.empty((len(dataset), SIZE, SIZE), np.uint8)
    for row in range(len(dataset)):
        images[row] = dataset[row][0]
    return time.process_time() - begin


def taken_in(source: Path, choices: Choices) -> float:
    """Seconds of the processor that the source takes from the path to the kept file."""
    with tempfile.TemporaryDirectory() as kept:
        begin = time.process_time()
        keep(understand(source), choices, "mine", Path(kept))
        return time.process_time() - begin


def print_memory(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Greatest memory of a process that takes in all of MNIST, beyond what it has before, beside what it keeps."""
    np.savez_compressed(folder / "all.npz", images=images, labels=labels)
    print("\n| kept at | kept, MB | memory beyond the start, MB |\n| --- | ---: | ---: |")
    for size in (28, 64):
        command = [sys.executable, "-m", "benchmarks.taking_in", "--memory-of", str(folder / "all.npz"), str(size)]
        used = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"| {size} × {size} | {used['kept']:.0f} | {used['more']:.0f} |")


def memory_used(source: Path, size: Size) -> dict[str, float]:
    """Megabytes kept, and by how many the greatest resident memory exceeds what the process had before."""
    Path("/proc/self/clear_refs").write_text("5")  # begins the greatest anew; Linux
    before = _greatest_memory()
    with tempfile.TemporaryDirectory() as kept:
        dataset = keep(understand(source), Choices(size=size, label="class", split="stratified"), "mine", Path(kept))
    return {"kept": dataset.size / 2**20, "more": _greatest_memory() - before}


def _greatest_memory() -> float:
    """The greatest resident memory of this process so far, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
