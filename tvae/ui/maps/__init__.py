"""Parts of the latent map page.

changes.py          Panel: neighbourhood change and groups
controls.py         Controls above the maps: views, projection parameters, number of neighbours
decoding.py         Decode at the pointer
layout_progress.py  Layouts of both maps: under way, failed, cancelled
linked_maps.py      The two linked maps, what is picked on them, and their captions
pair.py             Pair of views: colourings, neighbours, CSV
projecting.py       Layout of each side: stored, computed, or PCA meanwhile
select_on_map.py    Selects rows on the latent map from another page, and links there
selection.py        Panels: selected rows; one row's neighbours
views.py            View: one arm of one run, as a map can show it
"""
