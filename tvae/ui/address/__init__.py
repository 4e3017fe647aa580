"""Values of a page as text of its address.

map_views.py    Checks what an address asks of the maps that only the browser reads: zoom, position and hidden classes
row_numbers.py  Row numbers as URL text
"""
