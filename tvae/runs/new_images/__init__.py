"""New images in all arms of a run.

files.py   New images in all arms of a run, written as CSV or .npz
tables.py  New images in all arms of a run: codes, class votes, nearest test images, places on a map
"""
