"""The container's files: what the build takes, who runs it, what outlasts it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_container_has_all_that_the_wheel_is_built_from_and_no_secrets():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    taken = {line[1:] for line in ignored if line.startswith("!")}
    wheel = {"pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE", "streamlit_app.py"}
    assert taken == wheel | {"tvae", "pages", "checkpoints", ".streamlit/config.toml"}
    assert ignored[1] == "*"


def test_the_container_is_not_root_and_names_its_volumes():
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert 'VOLUME ["/data", "/runs"]' in DOCKERFILE
    assert "TVAE_RUNS=/runs" in DOCKERFILE and "TVAE_DATA=/data" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.MULTILINE)
