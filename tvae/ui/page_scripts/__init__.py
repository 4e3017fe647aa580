"""Scripts of our own that the server writes into every page.

scripts.py         Scripts that fold the sidebar, lead past it and explain the overview, as one text
narrow_sidebar.js  folds the sidebar on narrow windows as a page opens and when a run was started
skip_link.js       the first link of a page, which leads past the sidebar
tour.js            three steps that explain the overview at a first visit
"""
