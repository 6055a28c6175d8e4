"""EmoDB: seven acted emotions by ten German speakers, for voice affect and for testing evaluation.

Source: Burkhardt et al. (2005), "A Database of German Emotional Speech", Interspeech; CC0.
"""

import re
import wave
from collections.abc import Mapping, Sequence
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
RATE = "recognised_percent"
RECOGNITION = "erkennung.txt"
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
        recognised = _recognised(root / RECOGNITION, findings)
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
        findings += _without_rate(items, recognised)
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
        attributes[RATE] = recognised[path.stem]
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
    unknown = f"{RATE} is unknown"
    if not path.is_file():
        text = f"listeners' recognition rates are not there: {unknown}"
        findings.append(Finding(kind=FindingKind.MISSING, subject=path.name, text=text))
        return {}
    try:
        rows = _RECOGNISED.findall(path.read_bytes())
    except OSError as error:
        rows, reason = [], error.strerror
    else:
        reason = "no line holds a file name and a rate"
    if not rows:
        text = f"listeners' recognition rates cannot be read, {reason}: {unknown}"
        findings.append(Finding(kind=FindingKind.UNREADABLE, subject=path.name, text=text))
    return {name.decode(): f"{whole.decode()}.{part.decode()}" for name, whole, part in rows}


def _without_rate(items: Sequence[CorpusItem], recognised: Mapping[str, str]) -> list[Finding]:
    """Say how many recordings a table that could be read does not name."""
    unknown = sum(RATE not in item.reference.attributes for item in items)
    if not recognised or not unknown:
        return []
    text = f"{unknown} of {len(items)} recordings are not in the table: {RATE} is unknown"
    return [Finding(kind=FindingKind.MISSING, subject=RECOGNITION, text=text)]
