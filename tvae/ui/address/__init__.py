"""Values of a page as text of its address.

row_numbers.py  Row numbers as URL text
"""
