"""The timeline of one result for a notebook: evaluate it in a cell and it is drawn."""

from dataclasses import dataclass
from pathlib import Path

from clinic.errors import DataError
from clinic.records import ScreeningResult
from clinic.records.serialise import from_json
from reports.blocks import Figure
from reports.sections.timeline import timeline_section
from reports.sections.view import View
from reports.wording import load_wording


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """An SVG that notebooks show by themselves; ``description`` is the same in words."""

    svg: str
    description: str
    caption: str

    def _repr_svg_(self) -> str:
        return self.svg


def timeline(
    result: ScreeningResult | Path | str, *, max_moments: int = 5, language: str = "en"
) -> Drawing:
    """Return three affect tracks, disagreement and numbered moments of one interview.

    Args:
        result: A result, or the path of its ``result.json``.
        max_moments: Moments numbered at most, the rarest first.

    Raises:
        DataError: The file cannot be read, or nothing in the interview could be compared.

    Example:
        >>> timeline("results/interview-01/result.json")  # doctest: +SKIP
    """
    if not isinstance(result, ScreeningResult):
        result = _read(Path(result))
    view = View(
        result=result,
        words=load_wording(language),
        max_moments=max_moments,
        max_features=0,
        max_quotes=0,
        max_sentences=0,
    )
    drawn = [block for block in timeline_section(view).blocks if isinstance(block, Figure)]
    if not drawn:
        raise DataError(f"recording {result.recording_id}: nothing could be compared, no timeline")
    return Drawing(svg=drawn[0].svg, description=drawn[0].description, caption=drawn[0].caption)


def _read(path: Path) -> ScreeningResult:
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name}: no result.json there ({error.strerror})") from error
