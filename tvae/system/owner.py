"""Owner: a person's secret token or account, and its hash that is kept with what belongs to them."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class OwnerHash:
    """An owner of whom only the hash is known: a process acts for a person who has left, and has no token of theirs."""

    text: str
    """The hash, as `hashed` gives it; never empty, which would be the command line's."""


Owner = str | OwnerHash | None
"""A person's secret token, or their account; None for the command line, which can write the folders anyway."""


def new_owner() -> str:
    """A new token, too long to guess."""
    return secrets.token_urlsafe(16)


def owner_of_account(issuer: str, subject: str) -> str:
    """Owner of what belongs to an account: no browser's token can be the same, as it has a sign that no token has.

    Args:
        issuer: address of the provider that vouches for the account (OpenID Connect's `iss`).
        subject: the account's name there, which never changes and goes to no other (`sub`).

    Raises:
        ValueError: one of them is empty, so that strangers would be one person.
    """
    if not issuer or not subject:
        raise ValueError(f"an account needs an issuer and a subject; these are {issuer!r} and {subject!r}")
    return f"account:{json.dumps([issuer, subject])}"


def hashed(owner: Owner) -> str:
    """Hash of the owner, as it is kept with what belongs to them; empty for the command line."""
    if isinstance(owner, OwnerHash):
        return owner.text
    return "" if owner is None else hashlib.sha256(owner.encode()).hexdigest()


def is_owner(owner: Owner, kept_hash: str) -> bool:
    """Whether this is the owner with the hash that was kept; the command line counts as every owner."""
    return owner is None or secrets.compare_digest(kept_hash.encode(), hashed(owner).encode())
