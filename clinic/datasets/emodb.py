"""EmoDB: seven acted emotions by ten German speakers, for voice affect and for testing evaluation.

Source: Burkhardt et al. (2005), "A Database of German Emotional Speech", Interspeech; CC0.
"""

import re
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import counts_against
from clinic.datasets.plain_text import whole_utterance
from clinic.errors import DataError, SetupError
from clinic.records import Reference, Transcript

#: Letter of a file name to the emotion played, German initials of the corpus.
EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
MALE_SPEAKERS = frozenset({"03", "10", "11", "12", "15"})
PUBLISHED = {"recordings": 535, "speakers": 10}
_NAME = re.compile(r"(\d{2})([ab]\d{2})([WLEAFTN])([a-z])")
_RECOGNISED = re.compile(rb"(\d{2}[ab]\d{2}[WLEAFTN][a-z])\.wav\s+(\d+)[,.](\d+)")


@dataclass(frozen=True, kw_only=True)
class EmoDb:
    """Reads ``wav/<speaker><sentence><emotion><take>.wav`` and ``erkennung.txt``.

    The emotion is an attribute, ``emotion``; the share of twenty listeners who recognised it is
    ``recognised_percent``. No condition is known.
    """

    name: str = "emodb"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No recording is there.
        """
        findings: list[Finding] = []
        recognised = _recognised(root / "erkennung.txt", findings)
        items = []
        for path in sorted((root / "wav").glob("*.wav")):
            match = _NAME.fullmatch(path.stem)
            if match is None:
                text = "the name tells no speaker, sentence and emotion: left out"
                findings.append(Finding(kind=FindingKind.EXTRA, subject=path.name, text=text))
                continue
            items.append(_item(path, match, recognised))
        if not items:
            raise SetupError("no EmoDB folder: no wav/<speaker><sentence><emotion><take>.wav in it")
        speakers = {item.participant_id for item in items}
        counts = {"recordings": len(items), "speakers": len(speakers)}
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=(*findings, *counts_against(counts, PUBLISHED, "EmoDB")),
            counts=counts,
            published=PUBLISHED,
        )


def _item(path: Path, match: re.Match[str], recognised: Mapping[str, str]) -> CorpusItem:
    speaker, sentence, letter, _ = match.groups()
    recording_id, participant_id = f"emodb-{path.stem.lower()}", f"emodb-{speaker}"
    attributes = {
        "emotion": EMOTIONS[letter],
        "sex": "male" if speaker in MALE_SPEAKERS else "female",
        "sentence": sentence,
        "language": "de",
    }
    if path.stem in recognised:
        attributes["recognised_percent"] = recognised[path.stem]
    return CorpusItem(
        recording_id=recording_id,
        participant_id=participant_id,
        reference=Reference(
            recording_id=recording_id,
            participant_id=participant_id,
            scores={},
            attributes=attributes,
        ),
        media=path,
        transcript=partial(_transcript, path, sentence),
    )


def _transcript(path: Path, sentence: str) -> Transcript | None:
    if sentence not in SENTENCES:
        return None
    try:
        with wave.open(str(path), "rb") as sound:
            duration_s = sound.getnframes() / sound.getframerate()
    except (OSError, wave.Error, EOFError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    return whole_utterance(
        SENTENCES[sentence], duration_s=duration_s, source_format="emodb", language="de"
    )


def _recognised(path: Path, findings: list[Finding]) -> dict[str, str]:
    """Return the share of listeners in per cent by file stem; the table mixes odd spaces."""
    if not path.is_file():
        text = "listeners' recognition rates are not there: recognised_percent is unknown"
        findings.append(Finding(kind=FindingKind.MISSING, subject=path.name, text=text))
        return {}
    return {
        name.decode(): f"{whole.decode()}.{part.decode()}"
        for name, whole, part in _RECOGNISED.findall(path.read_bytes())
    }
