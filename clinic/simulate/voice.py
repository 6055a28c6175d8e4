"""Speech from espeak-ng through ctypes: the one place that touches the synthesiser."""

import _ctypes
import ctypes
import shutil
import sys
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

# Constants of espeak-ng's speak_lib.h.
_RETRIEVAL_SYNCHRONOUS = 0x02
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_EVENT_END, _EVENT_WORD = 0, 1


@dataclass(frozen=True, kw_only=True)
class Prosody:
    """How one stretch of speech is spoken.

    Args:
        variant: Voice of espeak-ng, such as ``en-us+f3``.
        rate_wpm: Words a minute, 80 to 450.
        pitch: espeak's base pitch, 0 to 100; about 50 is the variant's own.
        pitch_range: espeak's pitch range, 0 (monotone) to 100.
        level_dbfs: Root mean square of the spoken stretch in dB re full scale.
        word_gap_s: Silence added between words.
    """

    variant: str
    rate_wpm: float
    pitch: float
    pitch_range: float
    level_dbfs: float
    word_gap_s: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Spoken:
    """Samples of one stretch, shape (n,), float32, and the starts of its words in seconds."""

    samples: NDArray[np.float32]
    word_starts_s: tuple[float, ...]


class _EventId(ctypes.Union):
    _fields_: ClassVar = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What espeak-ng hands over during one call; apart from the synthesiser, which would
    otherwise hold itself and be unloaded late."""

    chunks: list[NDArray[np.int16]] = field(default_factory=list)
    words: list[float] = field(default_factory=list)

    def receive(self, samples: Any, count: int, events: Any) -> int:
        """Take one block of samples and the words that begin in it."""
        if samples and count > 0:
            self.chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while events and events[index].type != _EVENT_END:
            if events[index].type == _EVENT_WORD:
                self.words.append(events[index].audio_position / 1000.0)
            index += 1
        return 0


class Synthesiser:
    """espeak-ng with a state of its own: the same seed and calls give the same samples.

    The library seeds its noise with the clock and keeps flutter from call to call in variables
    that nothing resets. So each synthesiser loads a private copy (about 1 ms), sets the seed,
    and unloads the copy when it is no longer used. One synthesiser serves one thread.

    Args:
        seed: Of the noise, 0 to 2**31 - 1.

    Raises:
        SetupError: espeakng-loader is missing, or its library cannot start.
    """

    def __init__(self, seed: int) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise SetupError(
                "espeakng-loader is not installed: pip install espeakng-loader"
            ) from error
        try:
            self._library: Any = _private_copy(Path(espeakng_loader.get_library_path()))
        except OSError as error:
            raise SetupError(f"espeak-ng cannot be loaded: {error}") from error
        weakref.finalize(self, _unload, self._library)
        folder = espeakng_loader.get_data_path()
        self._variants = Path(folder) / "voices" / "!v"
        rate = self._library.espeak_Initialize(
            _RETRIEVAL_SYNCHRONOUS, 0, folder.encode(), _DONT_EXIT
        )
        if rate <= 0:
            raise SetupError(f"espeak-ng does not start: code {rate}, a sampling rate needed")
        self.sampling_rate_hz = int(rate)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        self._heard = _Heard()
        # Kept on self: a callback that Python frees would be called all the same.
        self._callback = _CALLBACK(self._heard.receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, prosody: Prosody) -> Spoken:
        """Return the speech of one stretch of text, levelled, silence at its ends removed.

        Raises:
            SetupError: espeak-ng does not know the voice, or returns an error.
        """
        # espeak-ng takes an unknown variant of a known language for the plain voice.
        _, plus, variant = prosody.variant.partition("+")
        known = not plus or (variant and (self._variants / variant).is_file())
        if not known or self._library.espeak_SetVoiceByName(prosody.variant.encode()) != 0:
            raise SetupError(f"espeak-ng has no voice {prosody.variant!r} (voices)")
        for parameter, value in (
            (_RATE, prosody.rate_wpm),
            (_VOLUME, 100),
            (_PITCH, prosody.pitch),
            (_RANGE, prosody.pitch_range),
            (_WORD_GAP, prosody.word_gap_s * 100),  # in units of 10 ms
        ):
            self._library.espeak_SetParameter(parameter, round(value), 0)
        self._heard.chunks.clear()
        self._heard.words.clear()
        data = text.encode() + b"\0"
        code = self._library.espeak_Synth(data, len(data), 0, 1, 0, _CHARS_UTF8, None, None)
        if code != 0 or self._library.espeak_Synchronize() != 0:
            raise SetupError(f"espeak-ng failed with code {code} on a stretch of {len(data)} bytes")
        whole = np.concatenate(self._heard.chunks or [np.zeros(1, np.int16)]).astype(np.float32)
        return _levelled(
            whole / 32768.0, self._heard.words, prosody.level_dbfs, self.sampling_rate_hz
        )


def synthesiser(seed: int = 0) -> Synthesiser:
    """Return a fresh synthesiser, whose samples depend on ``seed`` and its own calls alone."""
    return Synthesiser(seed)


def _private_copy(path: Path) -> ctypes.CDLL:
    """Load a copy of a library: the loader would hand out the same one for the same file."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return ctypes.CDLL(str(shutil.copy(path, folder)))


def _unload(library: Any) -> None:
    library.espeak_Terminate()
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


def _levelled(
    samples: NDArray[np.float32], words: list[float], level_dbfs: float, rate_hz: int
) -> Spoken:
    """Cut silence off both ends and set the level of what is spoken."""
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    if not len(loud):
        return Spoken(samples=np.zeros(1, np.float32), word_starts_s=())
    first = max(0, int(loud[0]) - rate_hz // 200)
    last = int(loud[-1]) + rate_hz // 100
    part = samples[first:last]
    window = max(1, rate_hz // 50)
    n_windows = max(1, len(part) // window)
    energy = (part[: n_windows * window].reshape(n_windows, -1).astype(np.float64) ** 2).mean(1)
    spoken = energy[energy > 0.01 * energy.max()].mean()
    gain = 10 ** (level_dbfs / 20) / np.sqrt(spoken)
    starts = tuple(max(0.0, word - first / rate_hz) for word in words)
    return Spoken(samples=(part * np.float32(gain)).astype(np.float32), word_starts_s=starts)
