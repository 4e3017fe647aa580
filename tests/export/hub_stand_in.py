"""Server on loopback that answers as the Hugging Face Hub does when files are sent to it, and keeps them."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_right"


class HubStandIn(ThreadingHTTPServer):
    """The server, with the requests that huggingface_hub makes: create, preupload, LFS batch and upload, commit."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        self.private: dict[str, bool] = {}
        """Whether each repository is private."""
        self.files: dict[str, bytes] = {}
        """Content of each committed file by repository and path."""
        self.stored: dict[str, bytes] = {}
        """Large files by the SHA-256 of their content, before a commit names them."""
        self.faults: dict[str, int] = {}
        """Status that requests with this in their path are answered with."""
        self.asked: list[str] = []
        """Method and path of each request."""


class _Handler(BaseHTTPRequestHandler):
    server: HubStandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self) -> None:
        hub, path = self.server, self.path.split("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hub.asked.append(f"{self.command} {path}")
        fault = next((status for part, status in hub.faults.items() if part in path), None)
        if fault is not None:
            self._send(fault, {"error": "as the test asks"})
        elif not path.startswith("/store/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"error": "Invalid username or password."})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization') or 'jane'}/{asked['name']}"
            known = name in hub.private
            hub.private.setdefault(name, asked.get("visibility") == "private")
            self._send(409 if known else 200, {"url": f"{hub.endpoint}/{name}"})
        elif path == "/api/validate-yaml":
            self._send(200, {"errors": [], "warnings": []})
        elif path.startswith("/store/"):
            oid = path.removeprefix("/store/")
            assert hashlib.sha256(body).hexdigest() == oid
            hub.stored[oid] = body
            self._send(200, {})
        elif path.endswith(".git/info/lfs/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{hub.endpoint}/store/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            self._send(200, {"transfer": "basic", "objects": objects})
        else:
            owner, name, *rest = path.removeprefix("/api/models/").split("/")
            self._answer_repository(f"{owner}/{name}", rest, body)

    def _answer_repository(self, repository: str, rest: list[str], body: bytes) -> None:
        hub = self.server
        if repository not in hub.private:
            self._send(404, {"error": "Repository not found"})
        elif not rest:
            self._send(200, {"id": repository, "private": hub.private[repository], "sha": "0" * 40})
        elif rest == ["preupload", "main"]:
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            self._send(200, {"files": files})
        elif rest == ["commit", "main"]:
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    assert value["encoding"] == "base64"
                    hub.files[f"{repository}/{value['path']}"] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    hub.files[f"{repository}/{value['path']}"] = hub.stored[value["oid"]]
            url = f"{hub.endpoint}/{repository}/commit/{'1' * 40}"
            self._send(200, {"commitUrl": url, "commitOid": "1" * 40, "success": True})
        else:
            self._send(404, {"error": f"the stand-in knows no {'/'.join(rest)}"})

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def hub_stand_in() -> Iterator[HubStandIn]:
    """Context in which the server answers."""
    with HubStandIn() as hub:
        thread = threading.Thread(target=hub.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
