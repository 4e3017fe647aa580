"""Linked maps of the same rows, as data and browser code; what shows them on a page lies elsewhere.

    browser_code.py    The linked maps' JavaScript and CSS, joined into one module
    contents.py        What the linked maps show, checked and put into the form that their browser code reads
    filter_columns.py  Columns that the rows of the maps are filtered by, in one or two bytes a row, and which rows pass
    payload.py         Binary blocks that the maps' browser code reads: positions, neighbours, values, thumbnails

Each .js file holds one part of the maps; `latent_map.js` puts them together.
"""
