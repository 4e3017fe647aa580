"""A visitor without a browser: speaks Streamlit's protocol over the websocket, as its browser code does."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tvae.linked_map.payload import rows_to_text, text_to_rows

SECONDS = 120
"""Longest wait for an answer."""
MAP, TABLE = "tvae.latent_map", "tvae.row_table"
"""Names of the components of the linked maps, and of the table beside them."""
KEPT_RUNS = 2
"""Script runs after which a browser forgets a message that it was not sent again (`global.maxCachedMessageAge`)."""
CONTEXT = ContextInfo(timezone="UTC", locale="en-US", color_scheme="light")


class WrongAnswer(Exception):
    """The app answered with an error, or with something else than what was asked for."""


@dataclass
class _Kept:
    """A message that the server may refer to by its hash."""

    message: ForwardMsg
    last_run: int


class Visitor:
    """One tab: it holds what is on the page, and the state of what it has moved.

    It keeps large messages as a browser does, reports maps as drawn, and runs a fragment again as often as the page
    asks for it. It sends the states of the controls that it has moved, a browser those of all.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._repeats: dict[str, asyncio.Task[None]] = {}
        self._kept: dict[str, _Kept] = {}
        self._runs = 0
        self._elements: dict[tuple[int, ...], tuple[Element, int]] = {}
        self._tabs: dict[tuple[int, ...], tuple[str, int]] = {}
        self._states: dict[str, WidgetState] = {}
        self._pages: dict[str, str] = {}
        self._page = ""
        self.query = ""
        """The address's parameters."""
        self._fragments: dict[str, str] = {}
        self._running: list[str] = []
        self._waits_for = ""
        self._stands = asyncio.Event()
        self._failure: Exception | None = None
        self.bytes_received = 0

    async def open(self, page: str, query: str = "") -> float:
        """Open a page of the app in a new tab; returns the seconds until it stands."""
        request = urllib.request.Request(self._address, headers={"Accept": "text/html"})
        with await asyncio.to_thread(urllib.request.urlopen, request, timeout=SECONDS) as response:
            cookie = response.headers.get("Set-Cookie", "").split(";")[0]
        stream = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        # A map's thumbnails alone take megabytes.
        self._socket = await connect(
            stream,
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookie},
            max_size=None,
            open_timeout=SECONDS,
        )
        self._reader = asyncio.create_task(self._read())
        self.query = query
        return await self._asked(page_name=page)

    async def close(self) -> None:
        """Close the tab."""
        for task in self._repeats.values():
            task.cancel()
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def visit(self, page: str) -> float:
        """Click the link to a page in the sidebar (by its address, "" for the overview); returns seconds."""
        script = self._pages[page]
        links = [
            element.page_link for element in self._of_kind("page_link") if element.page_link.page_script_hash == script
        ]
        if not links:
            raise WrongAnswer(f"no link to {page or 'the overview'} on the page")
        self.query = links[0].query_string
        return await self._asked(page_script_hash=script)

    async def slide(self, key: str, place: int) -> tuple[float, str]:
        """Move a slider to another of its values; returns the seconds until the page is drawn, and the value."""
        sliders = [each.slider for each in self._of_kind("slider") if each.slider.id.endswith(f"-{key}")]
        if not sliders:
            raise WrongAnswer(f"no slider {key} on the page")
        slider = sliders[0]
        count = len(slider.options) or round((slider.max - slider.min) / slider.step) + 1
        chosen = place % count
        value = float(chosen) if slider.options else slider.min + chosen * slider.step
        state = WidgetState(id=slider.id)
        if slider.options:
            state.string_array_value.data.append(slider.options[chosen])
        else:
            state.double_array_value.data.append(value)
        self._states[slider.id] = state
        seconds = await self._asked(fragment=self._fragments[slider.id])
        return seconds, slider.options[chosen] if slider.options else f"{value:g}"

    async def select(self, rows: Int[np.ndarray, " m"], focus: int | None = None) -> float:
        """Select rows on the maps as a lasso does, or with `focus` as a click on a point does; returns seconds."""
        drawn, n = self._map(), self.rows_on_map
        state = self._component_state(drawn.id)
        before = state.get("selection", {}).get("gesture", 0)
        number = max(before + 1, int(1000 * time.time()))
        chosen = -1 if focus is None else focus
        state["selection"] = {"gesture": number, "n": n, "rows": rows_to_text(rows, n), "focus": chosen}
        self._states[drawn.id] = WidgetState(id=drawn.id, json_value=json.dumps(state))
        seconds = await self._asked()
        picked = json.loads(self._map().json)["picked"]
        if picked["focus"] != chosen or not np.array_equal(text_to_rows(picked["rows"], n), np.sort(rows)):
            raise WrongAnswer(f"asked for {len(rows)} rows and row {focus}, the map shows row {picked['focus']}")
        return seconds

    async def open_tab(self, label: str) -> float:
        """Open a tab of the drawer beside the maps; returns seconds."""
        name = next(iter(self._tabs.values()))[0]
        self._states[name] = WidgetState(id=name, string_value=label)
        return await self._asked()

    async def turn_table(self, page: int) -> float:
        """Turn the table beside the maps to a page; returns seconds."""
        table = self._component(TABLE)
        trigger = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{table.id}__events")
        trigger.json_trigger_value = json.dumps([{"event": "page", "value": page}])
        seconds = await self._asked(trigger, fragment=self._fragments[table.id])
        place = json.loads(self._component(TABLE).json)["place"]
        if place["page"] != page:
            raise WrongAnswer(f"asked for page {page} of the table, it shows {place['page']}")
        return seconds

    @property
    def table_pages(self) -> int:
        """Number of pages of the table beside the maps."""
        return json.loads(self._component(TABLE).json)["place"]["pages"]

    @property
    def rows_in_table(self) -> list[int]:
        """Rows on the page that the table shows."""
        return [line["row"] for line in json.loads(self._component(TABLE).json)["lines"]]

    @property
    def rows_on_map(self) -> int:
        """Images that the maps show."""
        selected = [each for each in self._of_kind("bidi_component") if each.bidi_component.id.endswith("-geometry")]
        if not selected:
            raise WrongAnswer("no map on the page")
        data = selected[0].bidi_component.bytes
        return json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])["rows"]

    @property
    def title(self) -> str:
        """Title of the page."""
        return next((each.heading.body for each in self._of_kind("heading") if each.heading.tag == "h1"), "")

    @property
    def words(self) -> str:
        """Text of the page, without that of components and charts."""
        return "\n".join(each.markdown.body for each in self._of_kind("markdown"))

    async def _asked(
        self, trigger: WidgetState | None = None, *, page_script_hash: str = "", page_name: str = "", fragment: str = ""
    ) -> float:
        """Run the page, or only the fragment that the control is in; returns the seconds until it stands."""
        self._stands.clear()
        start = time.perf_counter()
        self._waits_for = fragment
        await self._run(trigger, page_script_hash, page_name, fragment)
        await asyncio.wait_for(self._stands.wait(), SECONDS)
        seconds = time.perf_counter() - start
        if self._failure is not None:
            raise self._failure
        return seconds

    async def _run(
        self,
        trigger: WidgetState | None = None,
        page: str = "",
        name: str = "",
        fragment: str = "",
        *,
        repeated: bool = False,
    ) -> None:
        assert self._socket is not None
        states = [*self._states.values()] + ([] if trigger is None else [trigger])
        client = ClientState(
            query_string=self.query,
            widget_states=WidgetStates(widgets=states),
            page_script_hash=page or self._page,
            page_name=name,
            fragment_id=fragment,
            is_auto_rerun=repeated,
            cached_message_hashes=list(self._kept),
            context_info=CONTEXT,
        )
        await self._socket.send(BackMsg(rerun_script=client).SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self.bytes_received += len(data)
                await self._take(ForwardMsg.FromString(data))
        except Exception as error:
            self._failure = error
            self._stands.set()

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            kept = self._kept[message.ref_hash]
            kept.last_run = self._runs
            self._place(tuple(message.metadata.delta_path), kept.message)
        elif kind == "delta":
            if message.metadata.cacheable:
                self._kept[message.hash] = _Kept(message, self._runs)
            self._place(tuple(message.metadata.delta_path), message)
        elif kind == "new_session":
            self._running = list(message.metadata.run.fragment_ids)
            self._page = message.new_session.page_script_hash
            if not self._running:
                for task in self._repeats.values():
                    task.cancel()
                self._repeats.clear()
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self._pages = {"" if page.is_default else page.url_pathname: page.page_script_hash for page in pages}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "page_not_found":
            raise WrongAnswer("there is no such page")
        elif kind == "script_finished":
            await self._finish(message.script_finished)

    def _place(self, path: tuple[int, ...], message: ForwardMsg) -> None:
        """Put an element or a block where it stands on the page."""
        if message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise WrongAnswer(f"an exception on the page: {element.exception.type} {element.exception.message}")
            if element.WhichOneof("type") == "alert" and "Something went wrong" in element.alert.body:
                raise WrongAnswer(element.alert.body)
            self._elements[path] = element, self._runs
            shown = getattr(element, element.WhichOneof("type") or "", None)
            if name := getattr(shown, "id", ""):
                self._fragments[name] = message.delta.fragment_id
        elif message.delta.add_block.WhichOneof("type") == "tab_container":
            self._tabs[path] = message.delta.add_block.tab_container.id, self._runs

    async def _finish(self, status: int) -> None:
        """What a browser does once a script has ended: forget what is gone, and report that maps are drawn."""
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise WrongAnswer("a page that can't be compiled")
        if status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY and self._waits_for in self._running:
            self._stands.set()
        if status != ForwardMsg.FINISHED_SUCCESSFULLY:  # of a fragment, or another run follows at once
            return
        self._elements = {path: each for path, each in self._elements.items() if each[1] == self._runs}
        self._tabs = {path: each for path, each in self._tabs.items() if each[1] == self._runs}
        self._runs += 1
        self._kept = {name: kept for name, kept in self._kept.items() if self._runs - kept.last_run <= KEPT_RUNS}
        shown = {each.bidi_component.id for each in self._of_kind("bidi_component")}
        shown |= {each.slider.id for each in self._of_kind("slider")} | {name for name, _ in self._tabs.values()}
        self._states = {name: state for name, state in self._states.items() if name in shown}
        for element in self._of_kind("bidi_component"):
            component = element.bidi_component
            state = self._component_state(component.id)
            if (
                component.component_name == MAP
                and json.loads(component.json)["tellWhenDrawn"]
                and not state.get("drawn")
            ):
                state["drawn"] = True
                self._states[component.id] = WidgetState(id=component.id, json_value=json.dumps(state))
                await self._run()
                return
        self._stands.set()

    def _repeat(self, fragment: str, seconds: float) -> None:
        """Run a fragment again and again."""

        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self._run(fragment=fragment, repeated=True)

        self._repeats[fragment] = asyncio.create_task(repeat())

    def _of_kind(self, kind: str) -> list[Element]:
        return [element for element, _ in self._elements.values() if element.WhichOneof("type") == kind]

    def _component(self, name: str) -> Any:
        shown = [each.bidi_component for each in self._of_kind("bidi_component")]
        found = [component for component in shown if component.component_name == name]
        if not found:
            raise WrongAnswer(f"no {name} on the page")
        return found[0]

    def _map(self) -> Any:
        return self._component(MAP)

    def _component_state(self, name: str) -> dict[str, Any]:
        return json.loads(self._states[name].json_value) if name in self._states else {}
