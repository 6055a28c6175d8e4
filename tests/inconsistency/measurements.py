"""Make the numbers of docs/features/inconsistency.md again (minutes; run by hand).

python tests/inconsistency/measurements.py ../shared/data
"""

import sys
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from omegaconf import OmegaConf
from scipy.stats import mannwhitneyu

from clinic.config import build
from clinic.inconsistency import CrossModalInconsistency
from clinic.inconsistency.measures import jensen_shannon
from clinic.records import FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]
CONF = Path(__file__).resolve().parents[2] / "conf" / "inconsistency" / "default.yaml"
READINGS = (
    "text_valence",
    "text_arousal",
    "voice_arousal",
    "face_valence",
    "face_arousal",
    "face_smile",
)
N_INTERVIEWS = 200


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


def area_under_curve(high: Floats, low: Floats) -> float:
    """Return the probability that a high one exceeds a low one."""
    return float(mannwhitneyu(high, low).statistic / len(high) / len(low))


def bootstrap(values: Floats, n_draws: int = 5000) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean."""
    draws = np.random.default_rng(0).integers(0, len(values), size=(n_draws, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def acted_speech(component: CrossModalInconsistency, folder: Path) -> None:
    """Within-speaker AUC of voice arousal: anger, fear, joy against sadness, boredom, neutral."""
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    reader = component.readers["voice"]
    columns = [cue.column for cue in reader.cues.values()]
    files = sorted((folder / "wav").glob("*.wav"))
    rows = pd.concat([_functionals(smile, file)[columns] for file in files], ignore_index=True)
    speakers = np.array([file.name[:2] for file in files])
    emotions = np.array([file.name[5] for file in files])
    high, low = np.isin(emotions, list("WAF")), np.isin(emotions, list("TLN"))
    for label, used in (
        ("all three cues", columns),
        ("pitch and brightness", [columns[0], columns[2]]),
        *((column, [column]) for column in columns),
    ):
        areas = []
        for speaker in np.unique(speakers):
            part = speakers == speaker
            values = rows.loc[part, columns].to_numpy(dtype=np.float64, copy=True)
            values[:, [column not in used for column in columns]] = np.nan
            kept = {n: c for n, c in reader.cues.items() if c.column in used}
            arousal = type(reader)(
                table=reader.table,
                cues=kept,
                min_cue_share=reader.min_cue_share,
                baseline=reader.baseline,
                floor=reader.floor,
            ).arousal(_table(dict(zip(columns, values.T, strict=True))))
            areas.append(area_under_curve(arousal[high[part]], arousal[low[part]]))
        found = np.array(areas)
        edges = bootstrap(found)
        say(f"EmoDB, {label}: {found.mean():.3f} [{edges[0]:.3f}, {edges[1]:.3f}], "
            f"worst speaker {found.min():.2f}")  # fmt: skip


def human_votes(folder: Path) -> None:
    """JSD between votes on voice alone and on face alone, against differing majorities."""
    votes = pd.read_csv(folder / "processedResults" / "tabulatedVotes.csv")
    mode = votes.iloc[:, 0].astype(str).str[0]
    voice, face = (
        votes[mode == which].set_index("fileName")[list("ADFHNS")] for which in ("1", "2")
    )
    clips = voice.index.intersection(face.index)
    shares = [t.loc[clips].div(t.loc[clips].sum(axis=1), axis=0).to_numpy() for t in (voice, face)]
    clear = [(s == s.max(axis=1, keepdims=True)).sum(axis=1) == 1 for s in shares]
    used = clear[0] & clear[1]
    differ = shares[0].argmax(axis=1) != shares[1].argmax(axis=1)
    divergence = jensen_shannon(shares[0], shares[1])
    area = area_under_curve(divergence[used & differ], divergence[used & ~differ])
    say(f"CREMA-D, {used.sum()} clips, {differ[used].mean():.1%} differ: AUC {area:.3f}")


def moments(component: CrossModalInconsistency) -> None:
    """Moments shown where nothing is wrong, and planted moments found."""
    random = np.random.default_rng(1)
    for n, smooth, planted, size in (
        *((n, s, 0, 0.0) for n in (20, 40, 60, 150) for s in (0.0, 0.5)),
        *((n, 0.0, k, d) for n in (25, 60, 120) for k, d in ((1, 2.5), (3, 2.0), (3, 3.0))),
    ):
        any_shown, n_shown, n_right, areas = 0, 0, 0, []
        for _ in range(N_INTERVIEWS):
            raw = {name: _smooth(random.normal(size=n), smooth) for name in READINGS}
            where = random.choice(n, planted, replace=False)
            raw["text_valence"][where] -= size
            raw["voice_arousal"][where] -= size
            scores = {k: component.baseline.scores(v, floor=0.05) for k, v in raw.items()}
            evidence = component.moments.find(
                _segments(n),
                tuple(component.measures.values()),
                scores,
                {m: np.ones(n) for m in ("text", "voice", "face")},
            )
            right = [e for e in evidence if round(e.start_s / 5) in set(where)]
            any_shown += bool(evidence)
            n_shown += len(evidence)
            n_right += len(right)
            if planted:
                value = component.measures["negative_words_calm_voice"].values(scores)
                is_planted = np.isin(np.arange(n), where)
                areas.append(area_under_curve(value[is_planted], value[~is_planted]))
        line = f"{n} utterances, correlation {smooth}, {planted} planted by {size} SD: "
        line += f"{any_shown / N_INTERVIEWS:.3f} of interviews show any, "
        line += f"{n_shown / N_INTERVIEWS:.2f} an interview"
        if planted:
            line += f", {n_right / N_INTERVIEWS / planted:.2f} of planted found, "
            line += f"{1 - n_right / max(n_shown, 1):.2f} of shown wrong, AUC {np.mean(areas):.3f}"
        say(line)


def _functionals(smile: Any, file: Path) -> pd.DataFrame:
    """Measure one file at half its level: openSMILE wraps around at peak amplitude 1.0."""
    with wave.open(str(file)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
        return smile.process_signal(samples / 65536.0, sound.getframerate())


def _smooth(noise: Floats, correlation: float) -> Floats:
    for i in range(1, len(noise)):
        noise[i] = correlation * noise[i - 1] + np.sqrt(1 - correlation**2) * noise[i]
    return noise


def _segments(n: int) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            index=i,
            start_s=5.0 * i,
            end_s=5.0 * i + 4.0,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text="words",
        )
        for i in range(n)
    )


def _table(columns: Mapping[str, Floats]) -> FeatureTable:
    n = len(next(iter(columns.values())))
    return FeatureTable(
        name="egemaps",
        modality=Modality.VOICE,
        row_kind="segment",
        specs=tuple(
            FeatureSpec(
                name=name,
                unit="1",
                minimum=-np.inf,
                maximum=np.inf,
                source="openSMILE",
                group="voice",
                meaning=name,
            )
            for name in columns
        ),
        start_s=np.arange(n, dtype=np.float64),
        end_s=np.arange(n, dtype=np.float64) + 1.0,
        values=np.column_stack(list(columns.values())),
        coverage=np.ones(n),
        stamp=Stamp(component="measurements", version="1", settings={}),
    )


if __name__ == "__main__":
    data = Path(sys.argv[1])
    built = build(OmegaConf.load(CONF))
    moments(built)
    human_votes(data / "cremad_ratings")
    acted_speech(built, data / "emodb")
