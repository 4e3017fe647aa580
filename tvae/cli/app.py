"""Start the app in this process."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence

from tvae.system.app_folder import app_folder


def run_app(options: Sequence[str]) -> None:
    """Run the app's server until it is stopped; `options` are those of `streamlit run`, such as `--server.port 8600`.

    Streamlit reads theme and server settings from .streamlit/config.toml beside the entry script. It runs in this
    process, so that a signal to `tvae app` reaches the server; it ends the process itself.
    """
    sys.argv = ["streamlit", "run", str(app_folder() / "streamlit_app.py"), *options]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
