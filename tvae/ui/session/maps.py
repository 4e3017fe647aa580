"""Layouts that this session asked for, and whether it does something for the first time."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvae.maps.projection import Layout
from tvae.maps.projector import Ticket
from tvae.ui.session import keys
from tvae.ui.session.values import kept


@dataclass
class Layouts:
    """Layouts that this session asked for and was shown."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    """Tickets of the requested layouts, by cache key."""
    standing: dict[tuple[str, ...], Layout] = field(default_factory=dict)
    """The layout that was last shown for each set of arms."""

    def ask_again(self, key: str) -> None:
        """Forget how the last attempt at a layout ended."""
        self.tickets.pop(key, None)

    def give_up_others(self, wanted: set[str]) -> None:
        """Cancel the requested layouts that are no longer needed."""
        for key in self.tickets.keys() - wanted:
            self.tickets.pop(key).cancel()


def layouts() -> Layouts:
    """This session's layouts."""
    return kept(keys.LAYOUTS, Layouts)


def first_time(name: str) -> bool:
    """Whether this session calls with this name for the first time."""
    seen_names: set[str] = kept(keys.SEEN, set)
    if name in seen_names:
        return False
    seen_names.add(name)
    return True
