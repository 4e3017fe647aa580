"""Parts of the latent map page.

axis.py              Shows all images along an axis from one group's mean to another's, in both latent spaces
changes.py           Shows how neighbourhoods change between the maps, and the images that changed most and least
controls.py          Controls above the maps: views, projections, colouring, number of neighbours
decoding.py          Decodes the place under the pointer for both maps
drawer.py            The drawer beside the maps: the picked images, and tabs on the neighbourhoods
filtering.py         Columns that the maps' rows can be filtered by, and which rows pass
findings.py          Shows images whose neighbours are of another class in the other space, ranked, a sentence each
isolation.py         Says that the maps show some images alone, and leads back to all
layout_progress.py   Layouts of all maps, laid over the left one; those under way, failed, cancelled
linked_maps.py       The linked maps, the images that are picked on them, and their captions
picked.py            Picked: the rows that a person picked, filtered and saved on the maps
projecting.py        Map of each side of the page: a stored layout, a computed one, or PCA until it is computed
row_groups.py        Groups of images that a person may choose: classes, the selection and saved selections
row_table.py         Table of the filtered or picked rows, sorted and shown page by page
saved_selections.py  Shows the selections that a person saved, and the recent ones: bring back, save, rename, delete
select_on_map.py     Links to the latent map with rows of another page picked there
selection.py         Shows the selected rows, and one row's neighbours in both latent spaces
sub_styles.py        Shows groups within one class of images in both spaces, and how they overlap
view_pair.py         ViewPair: two views of the same rows; colourings, neighbours, CSV
views.py             View: one arm of one run, as a map can show it
"""
