"""Values of a page as text of its address.

row_list.py  Row numbers as URL text
"""
