"""Names of uploaded files: without folders and hidden marks, and never longer than a file system takes."""

import pytest

from tvae.ui.own_files.upload import file_name, remove_folder, stored_upload


@pytest.mark.parametrize(
    "name", ["\U0001f600" * 200 + ".zip", "\U0001f600" * 200, "数" * 255 + ".tar.gz", "a." + "数" * 99]
)
def test_a_long_name_can_be_stored(name):
    path = stored_upload(name, b"content")
    assert path.read_bytes() == b"content"
    remove_folder(path.parent)


def test_a_name_keeps_its_ending_and_loses_its_folder():
    assert file_name("../a\\b/\u202epictures.zip") == "pictures.zip"
    assert file_name("\U0001f600" * 200 + ".zip") == "\U0001f600" * 30 + ".zip"
    assert file_name("\u202e") == "file"
