"""Report of a run for people: HTML, Markdown, and charts as files.

    chart_files.py      Folder with each chart of a report as SVG and PDF, and its data as CSV
    charts.py           Charts of a report as still pictures (matplotlib)
    content.py          Content of a report as plain text and numbers, for every form of it
    fonts.py            Fonts of the charts: matplotlib's own, and installed ones for the signs that it lacks
    html_report.py      Report as one HTML file, which loads nothing from elsewhere
    inline_svg.py       SVG of a chart as a part of an HTML page, in the page's ink and font
    map_data.py         Data of a report's maps for its script, with thumbnails where they are small enough
    markdown_report.py  Report as Markdown with PNGs, as for a paper's appendix

`report.html.jinja`, `report.css` and `report.js` make up the page.
"""
