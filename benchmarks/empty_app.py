"""A page with only a title: the time that Streamlit itself takes."""

import streamlit as st

st.title("Nothing")
