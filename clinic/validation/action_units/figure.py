"""The cross-talk matrix as a picture."""

from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

_CELL, _LEFT, _TOP = 30, 64, 64


def heat_map(names: tuple[str, ...], relative: NDArray[np.float64], *, title: str) -> str:
    """Return SVG text: rows what was planted, columns what answered, relative to its own answer.

    Every cell of .05 and more carries its number, so that grey alone says nothing.

    Args:
        relative: Shape (n, n); the diagonal is 1.
    """
    size = _CELL * len(names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + size + 8} '
        f'{_TOP + size + 8}" role="img" font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<text x="{_LEFT}" y="14">{escape(title)}</text>',
    ]
    for place, name in enumerate(names):
        middle = _CELL * place + _CELL / 2
        parts.append(
            f'<text x="{_LEFT - 6}" y="{_TOP + middle + 4:g}" text-anchor="end">{name}</text>'
        )
        parts.append(
            f'<text x="{_LEFT + middle:g}" y="{_TOP - 8}" text-anchor="middle" '
            f'font-size="9">{name}</text>'
        )
    for row, values in enumerate(relative):
        for column, value in enumerate(values):
            parts += _cell(row, column, float(value))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(row: int, column: int, value: float) -> list[str]:
    x, y = _LEFT + _CELL * column, _TOP + _CELL * row
    size = min(abs(value), 1.0) if np.isfinite(value) else 0.0
    grey = round(255 - 215 * size)
    square = (
        f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" '
        f'fill="rgb({grey},{grey},{grey})" stroke="#bbb" stroke-width="0.5"/>'
    )
    if size < 0.05:
        return [square]
    ink = "#fff" if size > 0.5 else "#000"
    shown = f"{value:.2f}".replace("0.", ".", 1)
    return [
        square,
        f'<text x="{x + _CELL / 2:g}" y="{y + _CELL / 2 + 3:g}" text-anchor="middle" '
        f'font-size="9" fill="{ink}">{shown}</text>',
    ]
