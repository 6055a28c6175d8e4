"""A made-up ScreeningResult: no person, every number from a formula, every quote invented.

``make_result()`` gives an audio interview (face absent), PTSD withheld, a safety notice, limited
quality and quotes written to break a renderer. Arguments turn each of these on or off.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from clinic.records import (
    RARITY,
    Absence,
    Condition,
    Contribution,
    Evidence,
    Explanation,
    FeatureSpec,
    FeatureTable,
    InconsistencySignals,
    MediaSummary,
    Modality,
    ModelSummary,
    MomentContribution,
    MomentEstimate,
    QualityCheck,
    QualityState,
    ReactionLag,
    Reading,
    SafetyNotice,
    Scale,
    ScreeningResult,
    SeverityEstimate,
    SignalState,
    Stamp,
    Stretch,
    Withheld,
)
from clinic.units import clock

BANNER = "Demonstration model, trained on simulated interviews. Not for clinical use."

#: Quotes that run, fetch, reformat or overflow wherever text is taken for markup.
HOSTILE_QUOTES = (
    'It is fine <img src="http://evil.example/x.png" onerror=alert(1)> really, I am fine',
    '#set page(fill: red) #read("/etc/passwd") $x^2$ *bold* _it_ `raw` @ref <label> \\ // gone?',
    "=cmd|'/C calc'!A0 and +1 -1 @SUM(1) {{ 7*7 }} {% raw %} </script><script>alert(1)</script>",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3,
    "“Curly” ‘quotes’ – and an … ellipsis; emoji 😀👩‍👩‍👧; שלום עולם; مرحبا بالعالم; 你好",
    "&lt;b&gt; &amp; <b>not bold</b> <a href='javascript:alert(1)'>x</a> \u202eevil\u202c "
    "\x0b\x00 end",
)

QUOTES = (
    "No, it has been a good week, really, I can't complain",
    "I used to go climbing every Saturday, and now I just, um, I don't",
    "My sister calls and I let it ring, I don't know why",
    "I mean, I want to cut down, I do, but not this month",
    "I sleep maybe four hours, then I lie there",
    "Work is work, it goes on",
)

DEPRESSION = Scale(
    condition=Condition.DEPRESSION,
    name="PHQ-8",
    minimum=0,
    maximum=24,
    band_names=["none or minimal", "mild", "moderate", "moderately severe", "severe"],
    band_starts=[0, 5, 10, 15, 20],
    cutoff=10,
    note=(
        "An estimate of a PHQ-8 total is not an administered PHQ-8. The PHQ-8 has no item on "
        "suicide: the score says nothing about suicide risk."
    ),
    source="Kroenke et al. (2009), doi:10.1016/j.jad.2008.06.026",
)
PTSD = Scale(
    condition=Condition.PTSD,
    name="PCL-C",
    minimum=17,
    maximum=85,
    band_names=["low", "middle", "high"],
    band_starts=[17, 30, 45],
    cutoff=45,
    note=("Study bands, not validated: no severity ranges of the PCL-C are empirically derived."),
    source="PCL-C, Weathers et al. (1993); bands are a study convention (docs/intended-use.md)",
)
AMBIVALENCE = Scale(
    condition=Condition.AMBIVALENCE,
    name="A/H",
    minimum=0,
    maximum=1,
    band_names=["not shown", "shown"],
    band_starts=[0, 1],
    cutoff=1,
    note="Ambivalence/hesitancy as rated by observers, per recording and per segment.",
    source="BAH, Gonzalez-Gonzalez et al. (2025), arXiv:2505.19328",
)
SCALES = (DEPRESSION, PTSD, AMBIVALENCE)

_VOICE, _FACE, _TEXT, _CROSS = Modality.VOICE, Modality.FACE, Modality.TEXT, Modality.CROSS
#: modality, group, feature, meaning, unit, share of the sum, observed, typical
_FEATURES = (
    (_VOICE, "pausing", "pause_share", "share of a turn that is pause", "1", 0.21, 0.41, 0.27),
    (_VOICE, "pausing", "response_latency_s", "time before answering", "s", 0.12, 2.1, 1.2),
    (_VOICE, "pausing", "pause_median_s", "middle length of a pause", "s", 0.05, 0.71, 0.52),
    (_VOICE, "pitch", "F0semitone_stddevNorm", "how much pitch moves", "1", 0.13, 0.11, 0.19),
    (_VOICE, "pitch", "F0semitone_mean", "mean pitch", "semitone", -0.03, 24.3, 26.8),
    (_VOICE, "loudness", "loudness_mean", "mean loudness", "1", 0.06, 0.31, 0.45),
    (_VOICE, "rate", "speech_rate", "words a second while speaking", "1/s", 0.09, 1.9, 2.6),
    (_VOICE, "voice quality", "jitter_mean", "unsteadiness of pitch", "1", -0.04, 0.02, 0.03),
    (_TEXT, "meaning", "embedding", "what the words are about", "1", 0.31, None, None),
    (_TEXT, "self-reference", "first_person_share", "share of I, me, my", "1", 0.10, 0.12, 0.09),
    (_TEXT, "absolutes", "absolutist_share", "always, never, nothing", "1", 0.07, 0.021, 0.011),
    (_TEXT, "hesitation", "hesitation_rate", "um, uh, I mean a minute", "1/min", 0.04, 5.2, 3.9),
    (_TEXT, "length", "n_words", "words an answer", "1", -0.09, 17.0, 14.0),
    (_FACE, "mouth", "AU12_mean", "smiling (mouth corners up)", "1", -0.12, 0.31, 0.24),
    (_FACE, "brow", "AU04_mean", "brows drawn together", "1", 0.11, 0.42, 0.25),
    (_FACE, "head", "pitch_stddev", "how much the head nods", "deg", 0.05, 3.1, 5.0),
    (_CROSS, "words against voice", "arousal_gap", "calm voice, strong words", "1", 0.06, 1.1, 0.6),
)


def make_result(
    *,
    n_segments: int = 90,
    duration_s: float = 1284.0,
    n_evidence: int = 6,
    absent: Sequence[Modality] = (Modality.FACE,),
    withheld: Sequence[Condition] = (Condition.PTSD,),
    hostile: bool = True,
    with_safety: bool = True,
    with_model: bool = True,
    banner: str = BANNER,
) -> ScreeningResult:
    """Return a result in which every part that a reader can meet is present.

    Args:
        n_segments: Answers of the participant, spread evenly over the recording.
        n_evidence: Moments of disagreement, at most ``n_segments``.
        absent: Modalities that were not observed; their numbers are NaN or left out.
        withheld: Conditions without an estimate.
        hostile: Use quotes that break a renderer which takes text for markup.
        with_model: False gives feature extraction alone: no estimates, no explanations.
    """
    start_s = np.arange(n_segments) * duration_s / n_segments + 1.0
    end_s = start_s + 0.6 * duration_s / n_segments
    quotes = HOSTILE_QUOTES if hostile else QUOTES
    has_text = Modality.TEXT not in absent
    estimates = _estimates(start_s, end_s, withheld) if with_model else ()
    return ScreeningResult(
        recording_id="r-0412",
        participant_id="p-0173",
        visit_date=date(2026, 3, 14),
        created_at=datetime(2026, 3, 15, 9, 26, 53, tzinfo=UTC),
        media=MediaSummary(
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            duration_s=duration_s,
            has_audio=Modality.VOICE not in absent,
            has_video=Modality.FACE not in absent,
            transcript_format="webvtt" if has_text else None,
            transcript_sha256="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
            if has_text
            else None,
            language="en" if has_text else None,
            n_segments=n_segments,
            speech_s=float(np.sum(end_s - start_s)),
        ),
        quality=_quality(absent, float(np.sum(end_s - start_s))),
        absences=tuple(Absence(modality=m, reason=_ABSENCE_REASONS[m]) for m in absent),
        notes=("2 overlapping utterances were shortened at the start of the next one",),
        safety=(
            SafetyNotice(
                start_s=float(start_s[n_segments // 2]),
                end_s=float(end_s[n_segments // 2]),
                quote="Some nights I think it would be <b>easier</b> not to wake up",
                phrase="not to wake up",
            ),
        )
        if with_safety and has_text
        else (),
        inconsistency=_inconsistency(start_s, end_s, duration_s, n_evidence, absent, quotes),
        estimates=estimates,
        explanations=tuple(
            _explanation(e, start_s, end_s, absent, quotes)
            for e in estimates
            if isinstance(e, SeverityEstimate)
        ),
        model=ModelSummary(
            name="demonstration",
            version="0.1.0",
            weights_sha256="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            trained_on="240 simulated interviews (clinic simulate, seed 1)",
            n_training_participants=240,
            banner=banner,
            licence="MIT",
        )
        if with_model
        else None,
        stamps=_STAMPS,
        settings_sha256="fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
        software_version="0.1.0",
        run_id="20260315-092653-7c1e",
    )


_ABSENCE_REASONS = {
    Modality.TEXT: "no transcript was given",
    Modality.VOICE: "the recording has no audio stream",
    Modality.FACE: "the recording has no video stream",
}

_STAMPS = (
    Stamp(
        component="clinic.features.voice.egemaps.Egemaps",
        version="opensmile 2.6.0",
        settings={"feature_set": "eGeMAPSv02", "headroom_dbfs": -0.5, "bands": [1, 2.5, None]},
        licence="audEERING research licence (non-commercial)",
    ),
    Stamp(
        component="clinic.features.text.embeddings.SentenceEmbeddings",
        version="sentence-transformers 6.2.0",
        settings={"model": "all-MiniLM-L6-v2"},
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        licence="Apache-2.0",
    ),
    Stamp(
        component="clinic.inconsistency.baseline.BaselineDisagreement",
        version="clinic-screening 0.1.0",
        settings={"min_segments": 8},
    ),
    *(
        Stamp(component=f"clinic.{name}", version="clinic-screening 0.1.0", settings={})
        for name in (
            "features.speech.turn_taking.TurnTaking",
            "features.text.lexical.LexicalMeasures",
            "fusion.model.ConflictAware",
            "calibration.settler.Settler",
            "explanation.shap_values.ShapExplainer",
        )
    ),
)


def _quality(absent: Sequence[Modality], speech_s: float) -> tuple[QualityCheck, ...]:
    checks = [
        QualityCheck(
            name="participant speech",
            value=speech_s,
            unit="s",
            threshold="at least 60 s",
            state=QualityState.GOOD,
            effect="Enough speech for every estimate.",
            setting="quality.min_speech_s",
        ),
        QualityCheck(
            name="background noise",
            value=11.5,
            unit="dB",
            threshold="at least 15 dB signal to noise",
            state=QualityState.LIMITED,
            effect="Loudness and voice quality are less certain; intervals are not widened for it.",
            setting="quality.min_snr_db",
        ),
    ]
    if Modality.FACE in absent:
        checks.append(
            QualityCheck(
                name="face found",
                value=None,
                unit="1",
                threshold="at least 0.5 of sampled frames",
                state=QualityState.POOR,
                effect="The face tells nothing about this interview.",
                setting="quality.min_face_share",
            )
        )
    else:
        checks.append(
            QualityCheck(
                name="face found",
                value=0.93,
                unit="1",
                threshold="at least 0.5 of sampled frames",
                state=QualityState.GOOD,
                effect="The face was seen for most of the interview.",
                setting="quality.min_face_share",
            )
        )
    return tuple(checks)


def _estimates(
    start_s: NDArray[np.float64], end_s: NDArray[np.float64], withheld: Sequence[Condition]
) -> tuple[SeverityEstimate | Withheld, ...]:
    shown = 1 / (1 + np.exp(-(np.sin(np.arange(len(start_s)) * 0.7) * 2 - 1)))
    settled: dict[Condition, SeverityEstimate] = {
        Condition.DEPRESSION: SeverityEstimate(
            scale=DEPRESSION,
            probabilities=(0.07, 0.22, 0.41, 0.21, 0.09),
            score=12.4,
            interval=(7.1, 17.7),
            coverage=0.9,
            plausible_bands=(1, 2, 3),
        ),
        Condition.PTSD: SeverityEstimate(
            scale=PTSD,
            probabilities=(0.15, 0.5, 0.35),
            score=41.0,
            interval=(28.5, 55.5),
            coverage=0.9,
            plausible_bands=(0, 1, 2),
        ),
        Condition.AMBIVALENCE: SeverityEstimate(
            scale=AMBIVALENCE,
            probabilities=(0.36, 0.64),
            score=None,
            interval=None,
            coverage=0.9,
            plausible_bands=(0, 1),
            moments=tuple(
                MomentEstimate(start_s=float(a), end_s=float(b), probability=float(p))
                for a, b, p in zip(start_s, end_s, shown, strict=True)
            ),
        ),
    }
    return tuple(
        Withheld(
            scale=scale,
            reason="1 of 3 modalities missing, 0 allowed for this target (max_absent_modalities)",
        )
        if scale.condition in withheld
        else settled[scale.condition]
        for scale in SCALES
    )


def _explanation(
    estimate: SeverityEstimate,
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    absent: Sequence[Modality],
    quotes: Sequence[str],
) -> Explanation:
    rating = estimate.scale.is_rating
    base, reach = (-0.4, 1.0) if rating else (7.2, 5.6)
    contributions = tuple(
        Contribution(
            modality=modality,
            group=group,
            feature=feature,
            meaning=meaning,
            value=share * reach,
            observed=observed,
            typical=typical,
            unit=unit,
        )
        for modality, group, feature, meaning, unit, share, observed, typical in _FEATURES
        if modality not in absent
    )
    output = base + math.fsum(c.value for c in contributions)
    waves = np.sin(np.arange(len(start_s)) * 1.3) + 0.4
    moments = waves * (output - base) / waves.sum()
    return Explanation(
        condition=estimate.condition,
        output_name=f"{estimate.scale.name} {'log-odds' if rating else 'score'} before calibration",
        unit="log-odds" if rating else "points",
        method="shap.PermutationExplainer, 100 background participants",
        base=base,
        output=output,
        contributions=contributions,
        moment_base=base,
        moments=tuple(
            MomentContribution(
                start_s=float(a),
                end_s=float(b),
                value=float(v),
                quote=None if Modality.TEXT in absent else quotes[i % len(quotes)],
            )
            for i, (a, b, v) in enumerate(zip(start_s, end_s, moments, strict=True))
        ),
        sentences=(
            f"Text, what the words are about: raises {estimate.scale.name} by {0.31 * reach:.2f}.",
            f"Voice, share of a turn that is pause (0.41, typical 0.27): raises "
            f"{estimate.scale.name} by {0.21 * reach:.2f}.",
            f"Text, words an answer (17, typical 14): lowers {estimate.scale.name} by "
            f"{0.09 * reach:.2f}.",
            "Voice, how much pitch moves (0.11, typical 0.19): raises it a little.",
        ),
    )


def _inconsistency(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    duration_s: float,
    n_evidence: int,
    absent: Sequence[Modality],
    quotes: Sequence[str],
) -> InconsistencySignals:
    n_rows = len(start_s)
    steps = np.arange(n_rows)
    affect = {
        "text_valence": 1.2 * np.sin(steps * 0.31) - 0.3,
        "text_arousal": 0.9 * np.cos(steps * 0.47),
        "voice_valence": np.full(n_rows, np.nan),
        "voice_arousal": 1.1 * np.sin(steps * 0.23 + 1.0),
        "face_valence": 1.0 * np.cos(steps * 0.31 + 0.4),
        "face_arousal": 0.8 * np.sin(steps * 0.53),
        "face_smile": 1.2 * np.cos(steps * 0.29),
    }
    for name, column in affect.items():
        if any(name.startswith(modality.value) for modality in absent):
            column[:] = np.nan
        column[steps % 11 == 10] = np.nan
    gaps = {
        "valence_face_minus_text": affect["face_valence"] - affect["text_valence"],
        "valence_face_text_apart": np.abs(affect["face_valence"] - affect["text_valence"]),
        "negative_words_calm_voice": np.maximum(
            np.minimum(-affect["text_valence"], -affect["voice_arousal"]), 0.0
        ),
        "smile_over_negative_words": np.maximum(
            np.minimum(-affect["text_valence"], affect["face_smile"]), 0.0
        ),
    }
    order = sorted(range(n_rows), key=lambda i: -(i * 37 % n_rows))[:n_evidence]
    evidence = tuple(
        _moment(float(start_s[i]), float(end_s[i]), rank, absent, quotes)
        for rank, i in enumerate(order)
    )
    calm = gaps["negative_words_calm_voice"]
    mean = float(np.nanmean(calm)) if np.isfinite(calm).any() else math.nan
    return InconsistencySignals(
        affect=_table("affect", "segment", affect, start_s, end_s),
        segments=_table("inconsistency", "segment", gaps, start_s, end_s),
        summary=_table(
            "inconsistency_summary",
            "recording",
            {"negative_words_calm_voice_mean": np.array([mean])},
            np.array([0.0]),
            np.array([duration_s]),
        ),
        evidence=evidence,
        duration_s=duration_s,
        surprise=_table(
            "surprise",
            "segment",
            {name: 2.0 * np.abs(column) for name, column in gaps.items()}
            | {RARITY: np.abs(gaps["smile_over_negative_words"])},
            start_s,
            end_s,
        ),
        lags=tuple(
            _lag(leader, follower, Modality.FACE in absent)
            for leader, follower in (
                ("voice_arousal", "face_arousal"),
                ("voice_valence", "face_valence"),
                ("voice_arousal", "face_smile"),
            )
        ),
        stretches=tuple(
            Stretch(
                start_s=item.start_s,
                end_s=item.end_s,
                kind="ambivalence",
                score=0.8,
                quote=item.quote,
                sentence=f"{clock(item.start_s)}-{clock(item.end_s)}: more hesitant than usual.",
            )
            for item in evidence
        ),
        states=(
            *(_state(name, column, absent) for name, column in {**affect, **gaps}.items()),
            SignalState(signal="text_emotion", state="flat", reason="never varies", n_segments=0),
        ),
    )


def _lag(leader: str, follower: str, is_absent: bool) -> ReactionLag:
    values = (math.nan,) * 3 if is_absent else (0.6, 0.31, 0.01)
    return ReactionLag(
        leader=leader,
        follower=follower,
        lag_s=values[0],
        correlation=values[1],
        p_value=values[2],
    )


def _state(name: str, column: NDArray[np.float64], absent: Sequence[Modality]) -> SignalState:
    n_segments = int(np.isfinite(column).sum())
    if n_segments:
        return SignalState(signal=name, state="measured", reason="", n_segments=n_segments)
    missing = ", ".join(modality.value for modality in absent) or "valence of the voice"
    return SignalState(signal=name, state="absent", reason=f"not observed: {missing}", n_segments=0)


def _moment(
    start_s: float, end_s: float, rank: int, absent: Sequence[Modality], quotes: Sequence[str]
) -> Evidence:
    readings = [
        Reading(
            modality=Modality.TEXT,
            quantity="valence",
            value=-1.8,
            confidence=1.0,
            words="words more negative than usual",
        ),
        Reading(
            modality=Modality.VOICE,
            quantity="arousal",
            value=-1.1,
            confidence=0.92,
            words="voice calmer than usual",
        ),
        Reading(
            modality=Modality.FACE,
            quantity="valence",
            value=1.4,
            confidence=0.85,
            words="face more positive than usual (smile)",
        ),
    ]
    return Evidence(
        start_s=start_s,
        end_s=end_s,
        kind="negative_words_calm_voice",
        strength=3.0 - 0.25 * (rank % 10),
        surprise_bits=9.0 - 0.5 * (rank % 10),
        false_discovery_rate=0.2 + 0.02 * (rank % 10),
        readings=tuple(r for r in readings if r.modality not in absent),
        sentence=(
            f"At {clock(start_s)} the words are more negative than this person's usual and the "
            "voice is calmer than usual."
        ),
        quote=None if Modality.TEXT in absent else quotes[rank % len(quotes)],
    )


def _table(
    name: str,
    row_kind: str,
    columns: dict[str, NDArray[np.float64]],
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
) -> FeatureTable:
    values = np.stack(list(columns.values()), axis=1)
    return FeatureTable(
        name=name,
        modality=Modality.CROSS,
        row_kind=row_kind,
        specs=tuple(
            FeatureSpec(
                name=column,
                unit="sd",
                minimum=-math.inf,
                maximum=math.inf,
                source="made up",
                group="affect",
                meaning=column.replace("_", " "),
            )
            for column in columns
        ),
        start_s=start_s,
        end_s=end_s,
        values=values,
        coverage=np.mean(np.isfinite(values), axis=1),
        stamp=_STAMPS[2],
    )
