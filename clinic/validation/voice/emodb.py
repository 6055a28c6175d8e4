"""EmoDB: ten actors, seven acted emotions, and how many of 20 listeners recognised each."""

import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

SOURCE = "Burkhardt et al. (2005), Interspeech, doi:10.21437/Interspeech.2005-446"

#: The letter of a file name (German word) and the emotion.
LETTERS = {
    "W": "anger",
    "E": "disgust",
    "A": "fear",
    "F": "joy",
    "T": "sadness",
    "N": "neutral",
    "L": "boredom",
}

#: Order of a seven-class answer: the six that all readers know, then boredom.
ACTED = tuple(LETTERS.values())

_NAME = re.compile(r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<letter>[WEAFTNL])(?P<take>[a-z])")


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One acted sentence.

    Args:
        speaker: Two digits.
        emotion: The one that was acted, of ``ACTED``.
        recognised: Share of 20 listeners who named it; NaN where the list lacks the file.
    """

    path: Path
    speaker: str
    emotion: str
    recognised: float


def read_emodb(folder: Path) -> tuple[Utterance, ...]:
    """Return all utterances in order of file name, so that speakers stand together.

    Raises:
        SetupError: No ``wav`` folder, no ``erkennung.txt``, or a file name of another kind.
    """
    files = sorted((folder / "wav").glob("*.wav"))
    if not files:
        raise SetupError(f"no EmoDB in {folder.name}: wav/*.wav needed (--emodb)")
    recognised = recognition_rates(folder / "erkennung.txt")
    utterances = []
    for path in files:
        found = _NAME.fullmatch(path.stem)
        if found is None:
            raise SetupError(f"{path.name} is no EmoDB file name, such as 03a01Wa.wav")
        utterances.append(
            Utterance(
                path=path,
                speaker=found["speaker"],
                emotion=LETTERS[found["letter"]],
                recognised=recognised.get(path.name, float("nan")),
            )
        )
    return tuple(utterances)


def recognition_rates(path: Path) -> dict[str, float]:
    """Return the share of listeners who recognised each file, in [0, 1], by file name.

    Raises:
        SetupError: The file is missing or holds no such list.
    """
    try:
        lines = path.read_text(encoding="latin-1").splitlines()[1:]
    except OSError as error:
        raise SetupError(f"{path.name} cannot be read: {error.strerror} (--emodb)") from error
    rates = {}
    for line in lines:
        cells = [cell.strip("\xa0 ") for cell in line.split("\t")]
        if len(cells) < 3 or not cells[1].endswith(".wav"):
            continue
        rates[cells[1]] = float(cells[2].replace(",", ".")) / 100
    if not rates:
        raise SetupError(f"{path.name} lists no recognition rate (--emodb)")
    return rates


def read_sound(utterance: Utterance, *, sampling_rate_hz: int) -> NDArray[np.float32]:
    """Return the samples of one utterance, brought to the wished rate.

    Copies of the corpus differ: in their rate (16 or 22.05 kHz), and some are cut or filled up
    with zeros to one length. Zeros at both ends are taken off, for they are no recording: how
    many there are would tell a hasty sentence from a slow one.

    Raises:
        SetupError: Not mono or not 16 bits.
    """
    from scipy import signal

    with wave.open(str(utterance.path)) as sound:
        rate_hz, n_channels, n_bytes = (
            sound.getframerate(),
            sound.getnchannels(),
            sound.getsampwidth(),
        )
        if (n_channels, n_bytes) != (1, 2):
            raise SetupError(
                f"{utterance.path.name}: {n_channels} channels of {n_bytes} bytes, "
                "1 channel of 2 bytes needed"
            )
        written = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    whole = np.trim_zeros(written) / 32768
    if rate_hz != sampling_rate_hz:
        common = gcd(rate_hz, sampling_rate_hz)
        whole = signal.resample_poly(whole, sampling_rate_hz // common, rate_hz // common)
    return whole.astype(np.float32)


def of_speaker(utterances: Sequence[Utterance], speaker: str) -> NDArray[np.intp]:
    """Return the places of one speaker's utterances."""
    return np.flatnonzero([u.speaker == speaker for u in utterances])
