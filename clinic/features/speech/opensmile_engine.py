"""The one place that calls openSMILE: eGeMAPSv02 functionals and descriptors in one pass.

openSMILE's own Python class runs its whole pipeline once for functionals and once more for
low-level descriptors. Its library can write both in one run through the configuration file
with two sinks that openSMILE ships; the values are the same bit for bit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic import extras

#: Largest amplitude that 16-bit samples hold; 1.0 itself would wrap around to -1.0.
LARGEST_AMPLITUDE = 32767 / 32768
FULL_SCALE = 32768

#: Step between descriptor frames, fixed by the eGeMAPSv02 configuration file.
FRAME_STEP_S = 0.010

#: The longest analysis window of eGeMAPSv02 (pitch); openSMILE returns nothing below it.
SHORTEST_INPUT_S = 0.060


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What openSMILE says about one stretch of sound.

    Args:
        functionals: Shape (88,), float64.
        descriptors: Shape (n_frames, 25), float64, one frame every 10 ms.
        gain: Factor that the samples were multiplied by to fit 16 bits, in (0, 1].
        is_silent: Every sample was zero after rounding to 16 bits.
    """

    functionals: NDArray[np.float64]
    descriptors: NDArray[np.float64]
    gain: float
    is_silent: bool


class OpenSmileEngine:
    """eGeMAPSv02 at one sampling rate; holds paths and options, no state between calls."""

    def __init__(self, *, sampling_rate_hz: int) -> None:
        extras.require("opensmile")
        import opensmile
        from opensmile.core.config import config
        from opensmile.core.lib import OpenSMILE

        self._new: Any = OpenSMILE
        folder = Path(opensmile.__file__).parent / "core" / config.CONFIG_ROOT
        self._config_file = str(
            folder / (opensmile.FeatureSet.eGeMAPSv02.value + config.CONFIG_EXT)
        )
        self._options = {
            "source": str(folder / config.EXTERNAL_INPUT_CONFIG),
            "sink": str(folder / config.EXTERNAL_OUTPUT_MULTI_CONFIG),
            "bufferModeRbConf": str(folder / "shared" / "BufferModeRb.conf.inc"),
            "frameModeFunctionalsConf": str(folder / "shared" / "FrameModeFunctionals.conf.inc"),
            "sampleRate": sampling_rate_hz,
            "nBits": 16,
        }
        self._source = config.EXTERNAL_SOURCE_COMPONENT
        self._sampling_rate_hz = sampling_rate_hz

    def measure(self, samples: NDArray[np.float32]) -> Measured | None:
        """Measure one stretch of mono sound; None where it is shorter than one window.

        A stretch whose peak does not fit into 16 bits is scaled down as a whole: clipping
        would add harmonics, and openSMILE's own conversion wraps around.
        """
        if len(samples) < SHORTEST_INPUT_S * self._sampling_rate_hz:
            return None
        peak = float(np.abs(samples).max())
        gain = min(1.0, LARGEST_AMPLITUDE / peak) if peak > 0 else 1.0
        quantised = (samples * np.float32(gain * FULL_SCALE)).astype(np.int16)
        functionals: list[NDArray[np.float32]] = []
        descriptors: list[NDArray[np.float32]] = []
        engine = self._new()
        engine.initialize(config_file=self._config_file, options=self._options)
        try:
            engine.external_sink_set_callback_ex(
                "extsinkfunc", lambda data, _: functionals.append(data.copy())
            )
            engine.external_sink_set_callback_ex(
                "extsinklld", lambda data, _: descriptors.append(data.copy())
            )
            engine.external_audio_source_write_data(self._source, quantised.tobytes())
            engine.external_audio_source_set_eoi(self._source)
            engine.run()
        finally:
            engine.free()
        if not functionals:
            return None
        return Measured(
            functionals=np.concatenate(functionals, axis=None).astype(np.float64),
            descriptors=np.vstack(descriptors).astype(np.float64),
            gain=gain,
            is_silent=not quantised.any(),
        )
