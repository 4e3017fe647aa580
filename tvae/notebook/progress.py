"""Projection with a progress bar, where it takes long enough for a person to wonder."""

from __future__ import annotations

from rich.progress import Progress

from tvae.maps.parameters import METHOD_NAMES
from tvae.maps.projection import Layout, ProjectionRequest, project

QUICK_ROWS = 2_000
"""Rows up to which no bar is shown: t-SNE of two spaces takes about ten seconds there."""


def project_with_progress(request: ProjectionRequest) -> Layout:
    """The layout of a request; a bar stands below the cell while many rows are laid out."""
    rows = len(next(iter(request.means.values())))
    with Progress(transient=True, disable=rows <= QUICK_ROWS) as bar:
        task = bar.add_task(METHOD_NAMES[request.method], total=1.0)
        return project(request, lambda share, phase: bar.update(task, completed=share))
