"""Drive a face over time: action units, blinks, gaze and head pose on the frames' grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Role
from clinic.simulate.face_mesh import AU_NAMES
from clinic.simulate.face_render import Pose
from clinic.simulate.people import Participant
from clinic.simulate.soundtrack import Soundtrack, SpokenTurn

FloatArray = NDArray[np.float64]

_AU = {name: index for index, name in enumerate(AU_NAMES)}
#: AUs of a smile and of sadness with a frown, weights at full expression (FACS: Ekman, Friesen
#: and Hager 2002; prototypes 6 + 12 and 1 + 4 + 15 + 17).
SMILE = {"AU12": 1.0, "AU06": 0.65, "AU25": 0.20}
SADNESS = {"AU04": 0.80, "AU15": 0.75, "AU01": 0.30, "AU17": 0.20}
#: AU43 pulse of a blink, seconds: closing is faster than opening.
BLINK_S = 0.30
#: How long the gaze takes to leave and to come back, and how long nodding lasts, in seconds:
#: chosen, 3 and 20 frames of conf/simulate/media/small.yaml.
GLANCE_S, NODDING_S = 0.2, 4 / 3


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceTracks:
    """What the face does: rows are frames.

    Args:
        time_s: Shape (n,).
        intensities: Shape (n, 20), in the order of ``AU_NAMES``, 0 to about 1.2.
        head_deg: Shape (n, 3), pitch, yaw, roll.
        gaze_deg: Shape (n, 2), down and to the viewer's right.
        sway: Shape (n, 2), mesh units.
    """

    time_s: FloatArray
    intensities: FloatArray
    head_deg: FloatArray
    gaze_deg: FloatArray
    sway: FloatArray

    def pose(self, index: int) -> Pose:
        """Return the pose of one frame."""
        pitch, yaw, roll = self.head_deg[index]
        down, side = self.gaze_deg[index]
        x, y = self.sway[index]
        return Pose(
            pitch_deg=float(pitch),
            yaw_deg=float(yaw),
            roll_deg=float(roll),
            gaze_down_deg=float(down),
            gaze_side_deg=float(side),
            shift_x=float(x),
            shift_y=float(y),
        )


def drive_face(
    person: Participant, sound: Soundtrack, *, rate_hz: float, random: np.random.Generator
) -> FaceTracks:
    """Return the tracks of one interview."""
    n = int(sound.duration_s * rate_hz)
    time_s = np.arange(n) / rate_hz
    traits = person.traits
    strength = traits["expressiveness"]
    intensities = np.zeros((n, len(AU_NAMES)))
    smile, sadness, speaking, turned_away, start = _states(person, sound, time_s, rate_hz, random)
    smile = np.clip(_smooth(smile, 0.5 * rate_hz), 0, None) * strength
    sadness = np.clip(_smooth(sadness, 0.5 * rate_hz), 0, None) * strength
    for weights, level in ((SMILE, smile), (SADNESS, sadness)):
        for name, weight in weights.items():
            intensities[:, _AU[name]] += weight * level
    for name, trait in (("AU12", "smile"), ("AU04", "brow_lowering"), ("AU15", "corner_lowering")):
        intensities[:, _AU[name]] += traits[trait]
    intensities[:, _AU["AU05"]] += 0.7 * start
    intensities[:, _AU["AU02"]] += 0.5 * start
    loud = _loudness(sound, time_s)
    intensities[:, _AU["AU26"]] += 0.65 * loud
    intensities[:, _AU["AU25"]] += 0.55 * loud
    for name in ("AU01", "AU02", "AU04", "AU06", "AU07", "AU10", "AU12", "AU14", "AU15", "AU17"):
        intensities[:, _AU[name]] += 0.05 * _wander(n, 1.5 * rate_hz, random)
    intensities = np.clip(intensities, 0, 1.3)
    blinks = _blinks(time_s, traits["blink_rate_hz"], random)
    intensities[:, _AU["AU43"]] = np.maximum(intensities[:, _AU["AU43"]], blinks)
    motion = traits["head_motion"]
    head = np.stack(
        [
            0.30 * traits["gaze_down_deg"] + motion * 2.2 * _wander(n, 1.2 * rate_hz, random),
            motion * 3.2 * _wander(n, 1.6 * rate_hz, random),
            motion * 1.6 * _wander(n, 1.8 * rate_hz, random),
        ],
        axis=1,
    )
    head[:, 0] += motion * 2.0 * _nods(time_s, speaking, rate_hz, random)
    head[:, 0] -= 4.0 * start
    gaze = np.stack(
        [
            traits["gaze_down_deg"] + 9.0 * turned_away + 2.0 * _wander(n, 0.5 * rate_hz, random),
            11.0 * turned_away * np.sign(random.normal()) + 3.0 * _wander(n, 0.5 * rate_hz, random),
        ],
        axis=1,
    )
    sway = 2.5 * motion * np.stack([_wander(n, 2.5 * rate_hz, random) for _ in range(2)], axis=1)
    return FaceTracks(
        time_s=time_s,
        intensities=intensities,
        head_deg=np.clip(head, -16, 16),
        gaze_deg=np.clip(gaze, -18, 22),
        sway=sway,
    )


def _states(
    person: Participant,
    sound: Soundtrack,
    time_s: FloatArray,
    rate_hz: float,
    random: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Raw courses of smile, sadness, speaking, averted gaze and start, before smoothing."""
    smile, sadness, speaking, away, start = (np.zeros(len(time_s)) for _ in range(5))
    for turn in sound.turns:
        inside = (time_s >= turn.start_s) & (time_s < turn.end_s)
        if turn.speaker is not Role.PARTICIPANT or turn.answer is None:
            continue
        speaking[inside] = 1.0
        valence = turn.answer.face_valence
        # An expression comes in waves; a planted one is there for the whole answer.
        waves = 1.0 if turn.answer.conflict else _wave(time_s[inside] - turn.start_s, random)
        smile[inside] = max(valence, 0.0) * waves
        sadness[inside] = max(-valence, 0.0) * waves
        averted = person.traits["gaze_away"] * (1.7 if turn.answer.ambivalence else 1.0)
        away += _glances(turn, time_s, averted, rate_hz, random)
        if turn.answer.startle:
            since = time_s - (turn.start_s - 0.15)
            start += np.where(since >= 0, np.exp(-since / 0.45), 0.0) * (since >= 0)
    return smile, sadness, speaking, np.clip(away, 0, 1), np.clip(start, 0, 1)


def _wave(since_s: FloatArray, random: np.random.Generator) -> FloatArray:
    phase, period = random.uniform(0, 2 * np.pi), random.uniform(2.0, 4.0)
    return np.asarray(0.75 + 0.25 * np.sin(2 * np.pi * since_s / period + phase))


def _glances(
    turn: SpokenTurn,
    time_s: FloatArray,
    share: float,
    rate_hz: float,
    random: np.random.Generator,
) -> FloatArray:
    """Looking away: at the beginning of an answer, as long as the person's share says."""
    out = np.zeros(len(time_s))
    length = turn.end_s - turn.start_s
    end = turn.start_s + length * float(np.clip(share + random.normal(0, 0.12), 0, 0.95))
    out[(time_s >= turn.start_s - 0.3) & (time_s < end)] = 1.0
    return _smooth(out, GLANCE_S * rate_hz)


def _loudness(sound: Soundtrack, time_s: FloatArray) -> FloatArray:
    """Relative loudness of the participant in [0, 1] at each frame: opens the mouth."""
    voice = sound.samples[:, 0].astype(np.float64)
    if len(time_s) < 2:
        return np.zeros(len(time_s))
    half = sound.sampling_rate_hz // 40
    total = np.concatenate([[0.0], np.cumsum(voice**2)])
    middle = (time_s * sound.sampling_rate_hz).astype(int)
    low = np.clip(middle - half, 0, len(voice))
    high = np.clip(middle + half, 1, len(voice))
    level = np.sqrt((total[high] - total[low]) / (high - low))
    top = np.percentile(level, 97)
    return np.asarray(np.clip((level / max(top, 1e-6) - 0.08) * 1.1, 0, 1))


def _blinks(time_s: FloatArray, rate_hz: float, random: np.random.Generator) -> FloatArray:
    """AU43 of blinks whose gaps are gamma distributed."""
    out, when = np.zeros(len(time_s)), 0.0
    while len(time_s) and when < time_s[-1]:
        when += 0.4 + random.gamma(2.0, max(0.1, 1 / rate_hz - 0.4) / 2.0)
        phase = (time_s - when) / BLINK_S
        rise = np.clip(phase / 0.3, 0, 1)
        fall = np.clip((1 - phase) / 0.45, 0, 1)
        out = np.maximum(out, np.minimum(rise, fall))
    return out


def _nods(
    time_s: FloatArray, speaking: FloatArray, rate_hz: float, random: np.random.Generator
) -> FloatArray:
    """Small nods while listening."""
    gate = _wander(len(time_s), NODDING_S * rate_hz, random) > 0.8
    return np.asarray(np.sin(2 * np.pi * 1.8 * time_s) * gate * (1 - speaking))


def _smooth(course: FloatArray, width: float) -> FloatArray:
    """Gaussian smoothing with the given standard deviation (half of ``width``) in frames."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(course, max(0.5, width / 2), mode="nearest"))


def _wander(n: int, width: float, random: np.random.Generator) -> FloatArray:
    """Smooth noise of unit variance with a correlation length of about ``width`` frames."""
    pad = int(4 * width) + 1
    course = _smooth(random.normal(size=n + 2 * pad), width)[pad : pad + n]
    # Variance of a Gaussian-smoothed white noise, so that the scale does not hang on the draw.
    return np.asarray(course * np.sqrt(2 * np.sqrt(np.pi) * max(0.5, width / 2)))
