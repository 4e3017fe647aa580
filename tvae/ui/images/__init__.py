"""Images on a page.

cells.py         Images as data URLs for table cells
shown_grid.py    st.image of a grid, and its download button
sprite_sheet.py  Images packed into one sprite sheet
"""
