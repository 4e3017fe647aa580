"""How things look on every page.

arm_columns.py  Columns and badges of arms
captions.py     Captions: what the numbers of a page were measured on, and numbers of epochs
escaping.py     Escape user text for Markdown
theme.py        Whether the page is light or dark
"""
