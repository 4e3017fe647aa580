"""Push: the arms of a run go to a repository of the Hugging Face Hub, in one commit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, get_session, get_token, is_offline_mode
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import disable_progress_bars, httpx, logging, validate_repo_id

from tvae.errors import InputError
from tvae.export.hub import card_head, write_arm
from tvae.export.material import WRITTEN_BY, Material
from tvae.system.files import files_below
from tvae.system.scratch_folders import LOCK, scratch_folder

SILENCE_SECONDS = 60.0
"""Seconds without an answer after which the Hub is said not to answer; its own client waits for ever."""


def check_push(repository: str) -> None:
    """Check what can be checked before anything is written: the repository's name, a token, and leave to send.

    Raises:
        InputError: the name is none, nobody has signed in, or the environment says to stay offline.
    """
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"repository: {reason} Right is NAME, or OWNER/NAME as in jane/tvae-mnist") from None
    if is_offline_mode():
        raise InputError("push: HF_HUB_OFFLINE is set, so nothing is sent; unset it")
    if get_token() is None:
        raise InputError("push: no token of the Hub; set HF_TOKEN to one that may write, or sign in by `hf auth login`")


def push(material: Material, repository: str, *, private: bool) -> str:
    """Send the arms to a repository, which is made where there is none; all arrives, or nothing.

    One arm lies at the top of the repository, several in a folder each below a card that names them. Other files of a
    repository that is there stay.

    Args:
        private: whether only its owner is to see it.

    Returns:
        Its address, and whether everybody sees it, as a phrase.

    Raises:
        InputError: the token is refused, the repository is there and is public against `private`, or the Hub does not
            answer or fails.
    """
    check_push(repository)
    logging.set_verbosity_error()  # its warnings of each new try would come beside our one line
    disable_progress_bars()
    get_session().timeout = SILENCE_SECONDS
    api = HfApi()
    with _named_failures(repository, api.endpoint):
        url = api.create_repo(repository, private=private or None, exist_ok=True)
        seen_by_all = not api.model_info(url.repo_id).private
    if private and seen_by_all:
        raise InputError(
            f"private: {url.repo_id} is there already, and public; make it private at {url}/settings, or name"
            f" another repository"
        )
    with scratch_folder("push") as folder:
        _write(material, folder, url.repo_id)
        files = sorted(path.relative_to(folder).as_posix() for path in files_below(folder) if path.name != LOCK)
        with _named_failures(url.repo_id, api.endpoint):
            api.create_commit(
                url.repo_id,
                [CommitOperationAdd(name, folder / name) for name in files],
                commit_message=f"{' and '.join(material.names.values())} of run {material.run.name}, by {WRITTEN_BY}",
            )
    return f"{url}: {'public' if seen_by_all else 'private'}"


def _write(material: Material, folder: Path, repository: str) -> None:
    """Write the files of a repository."""
    if len(material.arms) == 1:
        write_arm(material, material.arms[0], folder, repository)
        return
    for arm in material.arms:
        write_arm(material, arm, folder / arm, arm)
    (folder / "README.md").write_text(_card(material, repository), encoding="utf-8")


def _card(material: Material, repository: str) -> str:
    """Markdown of the card above the folders of several arms."""
    weights = {arm: material.run.config.arms[arm].triplet_weight for arm in material.arms}
    arms = "\n".join(
        f"- [{material.names[arm]}](./{arm}/README.md): triplet weight {weight:g}" for arm, weight in weights.items()
    )
    return f"""{card_head(material)}
# {" and ".join(material.names.values())} on {material.run.config.data.name}

Variational autoencoders (TVAE, Ishfaq, Hoogi and Rubin 2018, arXiv:1802.04403) trained side by side: from the same
start, on the same batches, with other losses. {material.told}.

{arms}

Each folder has its own card, with lines of plain PyTorch. With TVAE Explorer and huggingface_hub:

```python
from huggingface_hub import snapshot_download

from tvae.export.hub import HubVAE

vae = HubVAE.from_pretrained(snapshot_download("{repository}") + "/{material.arms[-1]}")
```
"""


@contextlib.contextmanager
def _named_failures(repository: str, endpoint: str) -> Iterator[None]:
    """Context whose failures to reach or to satisfy the Hub are InputErrors, in one line."""
    try:
        yield
    except HfHubHTTPError as error:
        raise InputError(f"push: {_answer(error, repository, endpoint)}") from None
    except httpx.TimeoutException:
        raise InputError(f"push: {endpoint} gave no answer for {SILENCE_SECONDS:g} s; nothing was committed") from None
    except httpx.HTTPError as error:
        raise InputError(f"push: {endpoint} can't be reached: {_one_line(error)}") from None
    except (RuntimeError, ValueError, OSError) as error:  # an upload that failed may carry its cause
        cause = error.__cause__
        if isinstance(cause, HfHubHTTPError):
            raise InputError(f"push: {_answer(cause, repository, endpoint)}") from None
        raise InputError(f"push: {endpoint}: {_one_line(cause or error)}") from None


def _answer(error: HfHubHTTPError, repository: str, endpoint: str) -> str:
    """What the Hub's answer means and what to do, as a phrase."""
    status = error.response.status_code
    match status:
        case 401:
            return f"{endpoint} refuses the token; set HF_TOKEN to a valid one that may write, or `hf auth login`"
        case 403:
            return f"this token may not write to {repository}; take one with write access to it"
        case 404:
            return f"{endpoint} knows no {repository} that this token may write to"
        case 409 | 412:
            return f"{repository} was changed at the same time; run the command again"
        case _:
            reason = error.server_message or error.response.reason_phrase
            return f"{endpoint} answered {status} {_one_line(reason)}; nothing was committed"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]
