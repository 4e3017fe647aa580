"""What docs/hosting.md says of settings and commands is what the program has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tvae.cli.parsing import COMMANDS

ROOT = Path(__file__).parents[1]
HOSTING = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")


def test_every_variable_that_the_program_reads_is_in_the_table():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tvae").rglob("*.py"))
    read = set(re.findall(r'"(TVAE_[A-Z_]+)"', sources))
    table = set(re.findall(r"^\| `(TVAE_[A-Z_]+)` \|", HOSTING, re.MULTILINE))
    assert read == table


def test_every_command_is_one_of_the_program_s():
    for words in re.findall(r"(?:python -m tvae|(?<=`)tvae) ([a-z]+(?: (?:fetch|list|stop|resume))?)", HOSTING):
        assert words in COMMANDS, words


def test_the_example_of_secrets_is_read_as_sign_in():
    (example,) = re.findall(r"^```toml\n(.+?)^```", HOSTING, re.MULTILINE | re.DOTALL)
    assert set(tomllib.loads(example)["auth"]) == {
        "redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url",
    }  # fmt: skip
