"""Images on a page.

cells.py         Images as data URLs for table cells
image_grid.py    Shows an image grid, and its download button
sprite_sheet.py  Images packed into one sprite sheet
"""
