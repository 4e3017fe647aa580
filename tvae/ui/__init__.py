"""All that Streamlit needs and a page should not hold."""
