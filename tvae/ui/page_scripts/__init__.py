"""Scripts of our own that the server writes into every page.

scripts.py  Scripts that fold the sidebar, lead past it and explain the overview, as one text
"""
