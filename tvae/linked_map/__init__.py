"""Linked maps of the same rows, as data and browser code, without the page that shows them.

    browser_code.py    The linked maps' JavaScript and CSS, joined into one module
    contents.py        Contents of the linked maps, checked and packed for their browser code
    filter_columns.py  Columns that the rows of the maps are filtered by, in one or two bytes a row, and which rows pass
    payload.py         Binary blocks that the maps' browser code reads: positions, neighbours, values, thumbnails

Each .js file holds one part of the maps; `latent_map.js` puts them together.
"""
