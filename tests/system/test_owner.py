"""Who something belongs to: a browser's token or an account, which are never the same."""

import pytest

from tvae.system.owner import hashed, is_owner, new_owner, owner_of_account
from tvae.ui.session.identity import TOKEN


def test_an_account_is_the_same_owner_every_time_and_nobody_else():
    mine = owner_of_account("https://a.example", "1")
    assert is_owner(owner_of_account("https://a.example", "1"), hashed(mine))
    others = (("https://b.example", "1"), ("https://a.example", "2"), ("https://a.example1", "1"))
    assert not any(is_owner(owner_of_account(*other), hashed(mine)) for other in others)
    assert owner_of_account('a","b', "c") != owner_of_account("a", 'b","c')


def test_no_browser_can_give_itself_an_account():
    """The token is what a browser's cookie says, which a person can write."""
    assert TOKEN.fullmatch(new_owner())
    assert not TOKEN.fullmatch(owner_of_account("https://a.example", "1"))


@pytest.mark.parametrize("account", [("", "1"), ("https://a.example", "")])
def test_an_account_without_a_name_is_nobody_s(account):
    with pytest.raises(ValueError, match="an account needs an issuer and a subject"):
        owner_of_account(*account)


@pytest.mark.parametrize("kept", ["é", "", "x" * 10_000, "\u202e"])
def test_what_is_no_hash_is_nobody_s(kept):
    assert not is_owner(new_owner(), kept)
    assert is_owner(None, kept)
