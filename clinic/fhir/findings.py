"""Inconsistency between modalities and quality of the input; not observed is never zero."""

from clinic.fhir.assembly import Entry
from clinic.fhir.context import Context
from clinic.fhir.text import plain, sentence, slug
from clinic.fhir.values import Json, absent_reason, measured, quantity, significant
from clinic.records import (
    OBSERVED_MODALITIES,
    Evidence,
    InconsistencySignals,
    QualityCheck,
    QualityState,
)
from clinic.units import clock

#: From best to worst.
STATES = (QualityState.GOOD, QualityState.LIMITED, QualityState.POOR)


def inconsistency_entry(context: Context) -> Entry:
    """Return the summary of the disagreements and the strongest moments."""
    signals = context.result.inconsistency
    title = "Cross-modal inconsistency (words, voice, face), in the person's own deviations"
    code = context.concept("cross-modal-inconsistency", title)
    if signals is None:
        reason = " ".join(["Inconsistency was not measured.", *_absences(context)])
        resource = context.observation(code, title, reason)
        return _entry("inconsistency", {**resource, **_not_performed(reason)})
    moments = _strongest(context, signals)
    words = [_moment_words(context, item) for item in moments]
    remarks = tuple(words) if context.settings.quotes else ()
    resource = context.observation(code, title, *words, remarks=remarks)
    components = _summary(context, signals)
    components += [_moment(context, rank, item) for rank, item in enumerate(moments, start=1)]
    if not any("valueQuantity" in item or "valueRange" in item for item in components):
        resource.update(absent_reason("unknown", "Unknown", "Nothing could be compared."))
    if components:
        resource["component"] = components
    return _entry("inconsistency", resource)


def quality_entry(context: Context) -> Entry:
    """Return what was read, what was absent and why, and every quality check."""
    result = context.result
    title = "Input quality of the recording for automated analysis"
    code = context.concept("input-quality", title)
    lines = [
        sentence(f"{check.name}: {check.state.value}. {check.effect}") for check in result.quality
    ]
    remarks = tuple(sentence(note) for note in result.notes)
    resource = context.observation(code, title, *lines, *_absences(context), remarks=remarks)
    if result.quality:
        worst = max((check.state for check in result.quality), key=STATES.index)
        resource["valueCodeableConcept"] = _state(context, worst)
    else:
        resource.update(_not_performed("No quality check was made."))
    resource["component"] = [
        *_modalities(context),
        _number(context, "recording-duration", "Length of the recording", result.media.duration_s),
        _number(context, "speech-duration", "Participant speech", result.media.speech_s),
        *(_check(context, rank, check) for rank, check in enumerate(result.quality, start=1)),
    ]
    return _entry("quality", resource)


def _summary(context: Context, signals: InconsistencySignals) -> list[Json]:
    table = signals.summary
    if table.n_rows != 1:
        raise AssertionError(f"an inconsistency summary has {table.n_rows} rows, 1 promised")
    codes = [slug(spec.name) for spec in table.specs]
    if len(set(codes)) < len(codes) or "" in codes:
        codes = [f"measure-{index + 1}" for index in range(len(codes))]
    return [
        {
            "code": context.concept(f"inconsistency-{code}", spec.meaning or spec.name),
            **measured(float(value), spec.unit, "Not observed: a modality was absent or too short"),
        }
        for code, spec, value in zip(codes, table.specs, table.values[0], strict=True)
    ]


def _strongest(context: Context, signals: InconsistencySignals) -> tuple[Evidence, ...]:
    return signals.evidence[: context.settings.n_moments]


def _moment(context: Context, rank: int, item: Evidence) -> Json:
    title = "Moment of disagreement, seconds into the recording"
    return {
        "code": context.concept(f"disagreement-moment-{rank}", title, _moment_words(context, item)),
        "valueRange": {"low": quantity(item.start_s, "s"), "high": quantity(item.end_s, "s")},
    }


def _moment_words(context: Context, item: Evidence) -> str:
    """Times, measure and readings; the words said only where the setting lets them out."""
    kind = item.kind.replace("_", " ")
    surprise = significant(round(item.surprise_bits, 1))
    rate = round(100 * item.false_discovery_rate)
    readings = "; ".join(reading.words for reading in item.readings)
    line = f"{clock(item.start_s)} to {clock(item.end_s)}: {kind}, surprise {surprise:g} bits, "
    line += f"false discovery rate {rate} %"
    line += f" ({readings})" if readings else ""
    if context.settings.quotes and item.quote:
        line += f": “{item.quote}”"
    return sentence(line)


def _modalities(context: Context) -> list[Json]:
    absent = {item.modality: item.reason for item in context.result.absences}
    components = []
    for modality in OBSERVED_MODALITIES:
        code = context.concept(f"modality-{modality.value}", f"Modality {modality.value}")
        value = (
            _not_performed(absent[modality])
            if modality in absent
            else {"valueCodeableConcept": context.concept("observed", "Observed")}
        )
        components.append({"code": code, **value})
    return components


def _check(context: Context, rank: int, check: QualityCheck) -> Json:
    name = slug(check.name) or "check"
    component = {
        "code": context.concept(f"quality-{rank}-{name}", check.name),
        **measured(check.value, check.unit, f"Could not be measured. {check.effect}"),
        "interpretation": [_state(context, check.state)],
    }
    setting = f"needed for good: {check.threshold} (setting {check.setting})"
    return {**component, "referenceRange": [{"text": plain(setting)}]}


def _number(context: Context, code: str, display: str, seconds: float) -> Json:
    return {"code": context.concept(code, display), **measured(seconds, "s", "Not measured")}


def _state(context: Context, state: QualityState) -> Json:
    return context.concept(f"quality-{state.value}", state.value)


def _absences(context: Context) -> list[str]:
    return [
        sentence(f"{item.modality.value.capitalize()} absent: {item.reason}")
        for item in context.result.absences
    ]


def _not_performed(reason: str) -> Json:
    return absent_reason("not-performed", "Not Performed", reason)


def _entry(name: str, resource: Json) -> Entry:
    return Entry(name=name, resource=resource)
