"""Sign-in with an account, where the host has it: the page that asks for it, and who is signed in.

The work is Streamlit's own (OpenID Connect, `[auth]` in secrets.toml); docs/hosting.md says how it is set up.
"""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text


def ask_to_sign_in() -> bool:
    """Show the way to sign in in place of a page, where that is asked of the person, and whether it was shown."""
    if state.sign_in_is_broken():
        st.error("Nobody can sign in: the server's secrets.toml can't be read. Its log says why.")
        return True
    if not state.sign_in_is_asked():
        return False
    st.title("TVAE Explorer", anchor=False)
    st.markdown("Please sign in. Your runs and your images then belong to your account, in every browser.")
    for provider in state.sign_in_providers():
        st.button(
            "Sign in" if provider is None else f"Sign in with {as_text(provider)}",
            key=keys.sign_in(provider or ""),
            type="primary",
            icon=":material/login:",
            on_click=answered(st.login),
            args=(provider,),
        )
    show_refusal()
    return True


def show_account() -> None:
    """Show who is signed in, and the way out; nothing where the host has no sign-in."""
    if not state.is_signed_in():
        return
    name = state.account_name()
    st.caption(f"Signed in{f' as {as_text(name)}' if name else ''}.")
    st.button("Sign out", key=keys.SIGN_OUT, icon=":material/logout:", on_click=answered(st.logout), width="stretch")
