"""Owner: a person's secret token, and its hash that is kept with what belongs to them."""

from __future__ import annotations

import hashlib
import secrets

Owner = str | None
"""A person's secret token; None for the command line, which can write the folders anyway."""


def new_owner() -> str:
    """A new token, too long to guess."""
    return secrets.token_urlsafe(16)


def hashed(owner: Owner) -> str:
    """Hash of the owner's token, as it is kept with what belongs to them; empty for the command line."""
    return "" if owner is None else hashlib.sha256(owner.encode()).hexdigest()


def is_owner(owner: Owner, kept_hash: str) -> bool:
    """Whether this is the owner with the hash that was kept; the command line counts as every owner."""
    return owner is None or secrets.compare_digest(kept_hash, hashed(owner))
