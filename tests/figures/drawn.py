"""A Plotly figure as the browser gets it."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go


def drawn(figure: go.Figure) -> dict[str, Any]:
    """The figure's JSON, with packed arrays as lists."""

    def unpacked(value: dict[str, Any]) -> Any:
        if "bdata" not in value:
            return value
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return array.reshape([int(n) for n in value.get("shape", "-1").split(",")]).tolist()

    return json.loads(figure.to_json() or "", object_hook=unpacked)
