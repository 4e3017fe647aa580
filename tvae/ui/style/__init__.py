"""Look of every page: columns, names of arms, captions, glossary, theme.

arm_columns.py  Columns and badges of arms
arm_text.py     Names of arms as Markdown
captions.py     Words for captions: data split, run, seed and epoch of the numbers and images of a page
escaping.py     Escape user text for Markdown
glossary.py     Glossary: the script by which every page explains words of the field where they first stand
reasons.py      Messages of errors as a page shows them: without folders of the server and without commands
sentences.py    The first letter of a sentence
theme.py        Whether the page is light or dark
"""
