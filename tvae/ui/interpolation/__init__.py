"""Parts of the interpolation page.

steps.py          The steps of an interpolation: caption, grid and table
third_classes.py  How often paths between random pairs pass through a third class
"""
