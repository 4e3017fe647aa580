"""How things look on every page.

arm_columns.py  Columns and badges of arms
arm_text.py     Names of arms as Markdown
captions.py     Words for captions: data split, run, seed and epoch of what is shown
escaping.py     Escape user text for Markdown
glossary.py     Glossary: words of the field that every page explains where they first stand
reasons.py      Why something failed, in words for a page: without folders of the server and without commands
theme.py        Whether the page is light or dark
"""
