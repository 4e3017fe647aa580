"""Parts of the interpolation page.

steps.py          The steps of an interpolation: caption, grid and table
third_classes.py  Share of the paths between random pairs that pass through a third class
"""
