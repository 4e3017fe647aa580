"""Values of a page as text of its address.

epochs.py       Epoch as URL text
map_filters.py  Filters of the maps' rows as URL text
map_views.py    Checks what an address asks of maps and only the browser reads: zoom, position and hidden classes
row_numbers.py  Row numbers as URL text
"""
