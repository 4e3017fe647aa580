"""Push: a stand-in of the Hub receives each file byte for byte; what goes wrong is said in one line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest

from tests.cli.test_cli import tvae
from tests.export.hub_stand_in import TOKEN, HubStandIn, hub_stand_in
from tvae.errors import InputError
from tvae.export.formats import export
from tvae.export.hub import HubVAE
from tvae.export.push import check_push, push
from tvae.model.vae import weights_of
from tvae.runs.weights import read_weights

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")  # huggingface_hub's own
DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture
def hub(monkeypatch) -> Iterator[HubStandIn]:
    with hub_stand_in() as server:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.endpoint)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # its storage has no stand-in
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server
        huggingface_hub.close_session()


@pytest.fixture
def tvae_arm(material):
    return replace(material, arms=("tvae",))


def test_the_command_sends_every_file_of_the_hub_export(hub, material, tmp_path):
    done = tvae("push", DIGITS, "jane/digits", "--private")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{hub.endpoint}/jane/digits: private, vae, tvae\n", "")
    assert hub.private == {"jane/digits": True}
    export(material, "hub", tmp_path / "hub")
    expected = {
        f"jane/digits/{path.relative_to(tmp_path / 'hub').as_posix()}": path.read_bytes()
        for path in (tmp_path / "hub").rglob("*.*")
    }
    card = hub.files.pop("jane/digits/README.md").decode()
    assert hub.files == expected and len(expected) == 6
    assert card.startswith("---\nlicense: mit\n") and "[TVAE](./tvae/README.md)" in card
    assert 'snapshot_download("jane/digits") + "/tvae"' in card


def test_one_arm_lies_at_the_top_of_the_repository_which_may_be_there(hub, tvae_arm, tmp_path):
    hub.private["jane/one"] = False
    hub.files["jane/one/mine.txt"] = b"kept"
    assert push(tvae_arm, "one", private=False) == f"{hub.endpoint}/jane/one: public"
    for name, content in hub.files.items():
        (tmp_path / Path(name).name).write_bytes(content)
    assert sorted(hub.files) == [f"jane/one/{n}" for n in ("README.md", "config.json", "mine.txt", "model.safetensors")]
    assert 'HubVAE.from_pretrained("jane/one")' in hub.files["jane/one/README.md"].decode()
    sent = weights_of(HubVAE.from_pretrained(str(tmp_path)))
    for name, array in read_weights(tvae_arm.run, "tvae").items():
        np.testing.assert_array_equal(sent[name], array)


def test_private_is_not_sent_to_a_repository_that_everybody_sees(hub, tvae_arm):
    hub.private["jane/one"] = False
    with pytest.raises(InputError, match="private: jane/one is there already, and public"):
        push(tvae_arm, "jane/one", private=True)
    assert not hub.files and not hub.stored


@pytest.mark.parametrize(
    ("part", "status", "told"),
    [
        ("/api/repos/create", 401, "refuses the token; set HF_TOKEN"),
        ("/api/repos/create", 403, "this token may not write to jane/one"),
        ("/api/repos/create", 500, "answered 500 as the test asks; nothing was committed"),
        ("/objects/batch", 401, "refuses the token; set HF_TOKEN"),
        ("/store/", 403, "this token may not write to jane/one"),
        ("/store/", 500, "answered 500"),
        ("/commit/", 409, "jane/one was changed at the same time"),
        ("/commit/", 500, "answered 500"),
    ],
)
def test_a_refusal_is_one_line_and_commits_nothing(hub, tvae_arm, monkeypatch, capfd, part, status, told):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the new tries of huggingface_hub
    hub.faults[part] = status
    with pytest.raises(InputError, match=r"^push: ") as refusal:
        push(tvae_arm, "jane/one", private=False)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)
    assert TOKEN not in str(refusal.value)
    assert not hub.files
    assert capfd.readouterr().err == ""


def test_a_server_that_is_not_there_or_silent_is_said_to_be(hub, tvae_arm, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
        with pytest.raises(InputError, match=rf"push: {endpoint} can't be reached: .*refused"):
            push(tvae_arm, "jane/one", private=False)
        silent.listen()
        monkeypatch.setattr("tvae.export.push.SILENCE_SECONDS", 0.2)
        with pytest.raises(InputError, match=rf"push: {endpoint} gave no answer for 0\.2 s"):
            push(tvae_arm, "jane/one", private=False)


@pytest.mark.parametrize("name", ["a/b/c", "../a", "a b", "", "-a", "jane/a.git"])
def test_a_bad_name_is_refused_before_anything_is_asked(hub, name):
    with pytest.raises(InputError, match=r"repository: .* as in jane/tvae-mnist") as refusal:
        check_push(name)
    assert "\n" not in str(refusal.value) and not hub.asked


def test_without_a_token_or_the_package_nothing_begins(hub, tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(InputError, match="push: no token of the Hub; set HF_TOKEN"):
        check_push("jane/one")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
        check_push("jane/one")
    assert not hub.asked


def test_the_missing_package_is_named(monkeypatch, capsys):
    from tvae.cli.parsing import main

    monkeypatch.setattr("importlib.util.find_spec", lambda name, package=None: None)
    assert main(["push", str(DIGITS), "jane/one"]) == 2
    assert capsys.readouterr().err == "tvae: push needs huggingface_hub; pip install huggingface_hub\n"
