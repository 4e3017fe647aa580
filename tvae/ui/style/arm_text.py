"""Names of arms as Markdown."""

from __future__ import annotations

from tvae.runs.arm_names import ArmsConfig, arm_name, short_arm_name
from tvae.ui.style.escaping import as_text


def arm_text(config: ArmsConfig, arm: str) -> str:
    """Name of an arm, escaped for Streamlit's Markdown; in a narrow column it breaks after its comma alone."""
    return _kept_together(as_text(arm_name(config, arm)))


def arm_texts(config: ArmsConfig) -> dict[str, str]:
    """Name of each arm of a run, escaped as by `arm_text`."""
    return {arm: arm_text(config, arm) for arm in config.arms}


def short_arm_text(config: ArmsConfig, arm: str) -> str:
    """Short name of an arm, escaped for Streamlit's Markdown; it breaks after its dot alone."""
    return _kept_together(as_text(short_arm_name(config, arm)))


def _kept_together(name: str) -> str:
    """A name that breaks between its parts alone, however narrow its place is."""
    return name.replace(" ", "\u00a0").replace(",\u00a0", ", ").replace("·\u00a0", "· ")
