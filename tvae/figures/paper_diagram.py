"""The paper's Figure 1 as SVG."""

from __future__ import annotations

from tvae.figures.colours import FAINT, INK, TERM_COLOURS, text_colour


def paper_diagram_svg(theme: str) -> str:
    """The paper's Figure 1 as SVG text, in the colours of a theme ("light" or "dark")."""
    ink, faint, quiet = INK[theme], FAINT[theme], text_colour(FAINT[theme], theme)
    rows = [("anchor", "7", 40), ("positive", "7", 120), ("negative", "5", 200)]
    parts = []
    for role, digit, y in rows:
        middle = y + 24
        parts.append(
            f'<rect x="70" y="{y}" width="48" height="48" rx="3" fill="#101418" stroke="{faint}"/>'
            f'<text x="94" y="{y + 35}" font-size="32" fill="#f2f2f2" text-anchor="middle" font-style="italic">'
            f"{digit}</text>"
            f'<text x="60" y="{middle + 5}" text-anchor="end" fill="{ink}">{role}</text>'
            f'<path d="M122 {middle} H158" class="a"/>'
            f'<path d="M162 {y - 2} L232 {y + 10} V{y + 38} L162 {y + 50} Z" class="n"/>'
            f'<text x="197" y="{middle + 5}" text-anchor="middle" fill="{ink}">encoder</text>'
            f'<path d="M236 {middle} H262" class="a"/>'
            f'<circle cx="284" cy="{middle}" r="18" fill="none" stroke="{TERM_COLOURS["triplet"]}" stroke-width="2"/>'
            f'<text x="284" y="{middle + 5}" text-anchor="middle" fill="{ink}" font-style="italic">μ</text>'
            f'<path d="M306 {middle} H396" class="a"/>'
            f'<text x="392" y="{middle - 6}" text-anchor="end" fill="{quiet}" font-size="11">+ σ·noise</text>'
            f'<path d="M400 {y + 10} L470 {y - 2} V{y + 50} L400 {y + 38} Z" class="n"/>'
            f'<text x="435" y="{middle + 5}" text-anchor="middle" fill="{ink}">decoder</text>'
            f'<path d="M474 {middle} H508" class="a"/>'
            f'<rect x="512" y="{y}" width="48" height="48" rx="3" fill="#101418" stroke="{faint}"/>'
            f'<text x="536" y="{y + 35}" font-size="32" fill="#b9bec6" text-anchor="middle" font-style="italic">'
            f"{digit}</text>"
        )
    pull = (
        f'<path d="M284 86 V122" stroke="{TERM_COLOURS["triplet"]}" stroke-width="3"/>'
        f'<path d="M298 78 C 330 110 330 180 298 212" stroke="{TERM_COLOURS["triplet"]}" stroke-width="3" fill="none"'
        ' stroke-dasharray="6 4"/>'
        f'<text x="276" y="109" text-anchor="end" fill="{ink}" font-size="12">closer</text>'
        f'<text x="328" y="178" fill="{ink}" font-size="12">farther, by m</text>'
    )
    terms = (
        f'<text x="94" y="284" text-anchor="middle" fill="{quiet}" font-size="13">input</text>'
        f'<text x="284" y="284" text-anchor="middle" fill="{ink}" font-size="13">KL + triplet hinge</text>'
        f'<text x="600" y="284" text-anchor="end" fill="{ink}" font-size="13">reconstruction error</text>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 20 620 275" width="620" height="275"'
        ' font-family="system-ui, sans-serif" font-size="13" role="img">'
        "<title>Three images pass through one encoder and one decoder; the triplet loss acts on the means</title>"
        f"<style>.a{{stroke:{faint};stroke-width:1.5}}.n{{fill:none;stroke:{ink};stroke-width:1.5}}</style>"
        f"{''.join(parts)}{pull}{terms}</svg>"
    )
