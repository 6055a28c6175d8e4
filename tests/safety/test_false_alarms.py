"""False alarms in ordinary medical talk: PriMock57, 57 mock consultations, both speakers."""

import re
from pathlib import Path

from omegaconf import OmegaConf

from clinic.config import build
from clinic.records import Role, Segment

CONF = Path(__file__).resolve().parents[2] / "conf" / "safety" / "default.yaml"
_TEXT = re.compile(r'^\s*text = "(.*)"\s*$')


def utterances(folder: Path, speaker: str) -> list[str]:
    """Return what one side said, interval by interval."""
    texts: list[str] = []
    for path in sorted(folder.glob(f"*_{speaker}.TextGrid")):
        lines = path.read_text(encoding="utf-8").splitlines()
        texts += [m.group(1) for m in map(_TEXT.match, lines) if m and m.group(1).strip()]
    return texts


def n_notices(texts: list[str]) -> list[tuple[str, str]]:
    scanner = build(OmegaConf.load(CONF))
    found = []
    for index, text in enumerate(texts):
        segment = Segment(
            index=index, start_s=index, end_s=index + 1.0, speaker=Role.PARTICIPANT,
            origin="utterance", text=text,
        )  # fmt: skip
        found += [(n.phrase, n.quote) for n in scanner.notices([segment], "en").notices]
    return found


def test_patients_of_ordinary_consultations_hardly_raise_notices(shared_data: Path) -> None:
    texts = utterances(shared_data / "primock57" / "transcripts", "patient")
    assert len(texts) > 2000
    assert len(n_notices(texts)) / len(texts) < 0.001
