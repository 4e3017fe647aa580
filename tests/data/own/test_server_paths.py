"""A visitor's path stays below the one folder that the server allows."""

from __future__ import annotations

import pytest

from tests.data.own.made_sources import class_files, write_files
from tvae.data.own import server_source, sources_folder, understand
from tvae.errors import InputError


def test_without_a_setting_no_path_is_read(monkeypatch):
    monkeypatch.delenv("TVAE_SOURCES", raising=False)
    assert sources_folder() is None
    with pytest.raises(
        InputError, match="this server lets nobody read its folders; who runs it can name one with TVAE_SO"
    ):
        server_source("pets")


def test_a_path_below_the_folder_is_read(tmp_path, monkeypatch):
    write_files(tmp_path / "root" / "pets", class_files())
    (tmp_path / "link").symlink_to(tmp_path / "root")
    monkeypatch.setenv("TVAE_SOURCES", str(tmp_path / "link"))
    source, within = server_source(" pets ")
    assert understand(source, within=within).count() == 10


@pytest.mark.parametrize("text", ["../secret", "/etc", "pets/../../secret", "door", "door/cat", "{tmp}/secret"])
def test_no_path_leads_out(tmp_path, monkeypatch, text):
    write_files(tmp_path / "root" / "pets", class_files())
    write_files(tmp_path / "secret", class_files())
    (tmp_path / "root" / "door").symlink_to(tmp_path / "secret")
    monkeypatch.setenv("TVAE_SOURCES", str(tmp_path / "root"))
    with pytest.raises(InputError, match="lies outside the folder that may be read; name one below it"):
        server_source(text.format(tmp=tmp_path))


@pytest.mark.parametrize("text", ["nothing", "a\x00b", "x" * 5_000])
def test_a_path_to_nothing_is_said(tmp_path, monkeypatch, text):
    monkeypatch.setenv("TVAE_SOURCES", str(tmp_path))
    with pytest.raises(InputError, match=r"there is no .* in the folder that may be read"):
        server_source(text)
