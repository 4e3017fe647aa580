"""Parts of the latent map page.

changes.py     Panel: neighbourhood change and groups
decoding.py    Decode at the pointer
link.py        Link from a page to the map with rows selected
pair.py        Pair of views: colourings, neighbours, CSV
projecting.py  Layout of each side: stored, computed, or PCA meanwhile
selection.py   Panels: selected rows; one row's neighbours
views.py       View: one arm of one run, as a map can show it
"""
