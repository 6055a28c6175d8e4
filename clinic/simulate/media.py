"""Write sound and frames as MP4 (H.264 and AAC) through PyAV."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.simulate.checks import need, need_number, need_whole

#: Of x264 and of AAC (ISO/IEC 14496-3, table of samplingFrequencyIndex).
PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
AAC_RATES_HZ = (
    *(7350, 8000, 11025, 12000, 16000, 22050, 24000),
    *(32000, 44100, 48000, 64000, 88200, 96000),
)


@dataclass(frozen=True, kw_only=True)
class MediaSettings:
    """Size and quality of a rendered file.

    Args:
        width_px, height_px: Even numbers.
        frame_rate_hz: Constant.
        crf: Constant rate factor of x264; lower is finer.
        preset: Speed of x264.
        audio_rate_hz: Sampling rate of the file.
        audio_bit_rate: Bits per second.
        n_channels: 1 mixes both speakers down, 2 puts the participant left, the interviewer right.
    """

    width_px: int
    height_px: int
    frame_rate_hz: int
    crf: int
    preset: str
    audio_rate_hz: int
    audio_bit_rate: int
    n_channels: int

    def __post_init__(self) -> None:
        """Raise SetupError for a value that the coders do not take."""
        for name in ("width_px", "height_px"):
            size = getattr(self, name)
            need_whole(size, name, 2)
            need(size % 2 == 0, size, "an even number", name)
        need_whole(self.frame_rate_hz, "frame_rate_hz", 1)
        need_number(self.crf, "crf", 0, 51)
        need(self.preset in PRESETS, self.preset, f"one of {', '.join(PRESETS)}", "preset")
        rates = ", ".join(map(str, AAC_RATES_HZ))
        need(
            self.audio_rate_hz in AAC_RATES_HZ,
            self.audio_rate_hz,
            f"one of {rates}",
            "audio_rate_hz",
        )
        need_whole(self.audio_bit_rate, "audio_bit_rate", 1)
        need(self.n_channels in (1, 2), self.n_channels, "1 or 2", "n_channels")


def write_mp4(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    samples: NDArray[np.float32],
    sampling_rate_hz: int,
    settings: MediaSettings,
) -> None:
    """Write one file.

    Args:
        frames: RGB, uint8, shape (height, width, 3), at ``settings.frame_rate_hz``.
        samples: Shape (n, n_channels), float32.
        sampling_rate_hz: Rate of ``samples``; resampled to the file's rate.
    """
    import av

    sound = _resampled(samples, sampling_rate_hz, settings.audio_rate_hz)
    layout = "stereo" if settings.n_channels == 2 else "mono"
    # One thread each and no tags: the same settings give the same bytes on the same libraries.
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.flags |= av.container.Flags.bitexact.value
        video = container.add_stream("libx264", rate=settings.frame_rate_hz)
        video.width, video.height, video.pix_fmt = settings.width_px, settings.height_px, "yuv420p"
        video.options = {"crf": str(settings.crf), "preset": settings.preset, "threads": "1"}
        video.codec_context.time_base = Fraction(1, settings.frame_rate_hz)
        audio = container.add_stream("aac", rate=settings.audio_rate_hz, layout=layout)
        audio.bit_rate = settings.audio_bit_rate
        position, per_frame = 0, settings.audio_rate_hz / settings.frame_rate_hz

        def write_sound(until: int) -> None:
            nonlocal position
            while position < min(until, len(sound)):
                block = np.ascontiguousarray(sound[position : position + 1024].T)
                packed = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
                packed.sample_rate, packed.pts = settings.audio_rate_hz, position
                packed.time_base = Fraction(1, settings.audio_rate_hz)
                container.mux(audio.encode(packed))
                position += block.shape[1]

        for index, image in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, settings.frame_rate_hz)
            container.mux(video.encode(picture))
            write_sound(int((index + 1) * per_frame))
        write_sound(len(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _resampled(samples: NDArray[np.float32], source_hz: int, target_hz: int) -> NDArray[np.float32]:
    if source_hz == target_hz:
        return samples
    from scipy.signal import resample_poly

    ratio = Fraction(target_hz, source_hz)
    out = resample_poly(samples, ratio.numerator, ratio.denominator, axis=0)
    # A filter may overshoot a little; openSMILE wraps around at 1.0.
    return np.clip(out, -0.95, 0.95).astype(np.float32)
