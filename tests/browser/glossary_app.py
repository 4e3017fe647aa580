"""Texts with words of the glossary that change, go and come back, as Streamlit redraws them."""

import streamlit as st

from tvae.ui.server import MIDDLEWARE

if __name__ == "__main__":
    if st.checkbox("Above"):
        st.markdown("A seed above.")
    count = st.number_input("Count", value=0, step=1)
    st.markdown(f"Run {count} has seed {count}, *KL {count}* and a **margin** of {count}; its seed stays.")
    st.caption("Once the KL, never the marginal." if count % 2 == 0 else f"{count} nats, and no word of the other.")
    if count < 3:
        st.markdown("The prior is here below three.")
    with st.expander("Hidden"):
        st.markdown("The posterior waits.")
else:
    app = st.App(__file__, middleware=MIDDLEWARE)
