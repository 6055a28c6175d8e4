"""One Observation per target, which cannot be read without its uncertainty, and its risk."""

from clinic.fhir.assembly import Entry
from clinic.fhir.context import AIAST, DEVICE, RECORDING, Context
from clinic.fhir.text import plain, sentence, slug
from clinic.fhir.values import (
    DATA_ABSENT,
    Json,
    local,
    percent,
    probability_quantity,
    score_quantity,
)
from clinic.records import Condition, Scale, SeverityEstimate, Withheld

#: Code and display in our own code system.
TARGETS = {
    Condition.DEPRESSION: (
        "depression-severity-estimate",
        "AI-estimated depressive symptom severity",
    ),
    Condition.PTSD: (
        "ptsd-severity-estimate",
        "AI-estimated post-traumatic stress symptom severity",
    ),
    Condition.AMBIVALENCE: (
        "ambivalence-probability-estimate",
        "AI-estimated probability of ambivalence/hesitancy in the interview",
    ),
}


def estimate_entries(context: Context) -> list[Entry]:
    """Return an Observation per target, then a RiskAssessment per score that was estimated."""
    settled = context.result.estimates
    observations = [
        Entry(name=_name(item.scale), resource=_observation(context, item)) for item in settled
    ]
    risks = [
        Entry(name=f"{item.condition.value}-cutoff-risk", resource=_risk(context, item))
        for item in settled
        if isinstance(item, SeverityEstimate) and not item.scale.is_rating
    ]
    return observations + risks


def in_words(item: SeverityEstimate | Withheld) -> str:
    """Return one line for narrative and conclusion."""
    scale = item.scale
    if isinstance(item, Withheld):
        return sentence(f"{scale.name}: estimate withheld: {plain(item.reason)}")
    band = scale.band_names[item.most_probable_band]
    likely = f"{100 * item.probabilities[item.most_probable_band]:.0f} %"
    plausible = ", ".join(scale.band_names[index] for index in item.plausible_bands)
    sets = f"bands that cannot be ruled out at {_coverage(item)} %: {plausible}"
    if item.score is None or item.interval is None:
        return sentence(f"{scale.name}, estimated: {band} (probability {likely}; {sets})")
    low, high = item.interval
    return sentence(
        f"{scale.name}, estimated: {item.score:.1f} on a scale from {scale.minimum:g} to "
        f"{scale.maximum:g}, {_coverage(item)} % prediction interval {low:.1f} to {high:.1f}; "
        f"most probable band: {band} ({likely}); {sets}"
    )


def band_codes(scale: Scale) -> list[str]:
    """Return one code per band, distinct whatever the names are."""
    slugs = [slug(name) for name in scale.band_names]
    if "" in slugs or len(set(slugs)) < len(slugs):
        slugs = [f"band-{index + 1}" for index in range(scale.n_bands)]
    return [f"{scale.condition.value}-{name}" for name in slugs]


def _observation(context: Context, item: SeverityEstimate | Withheld) -> Json:
    scale = item.scale
    code, display = TARGETS[scale.condition]
    meant = "an observer's rating" if scale.is_rating else f"an administered {scale.name}"
    text = f"{display} ({scale.name}, {scale.minimum:g} to {scale.maximum:g}; not {meant})"
    resource = context.observation(
        context.concept(code, display, text),
        text,
        in_words(item),
        scale.note,
        remarks=(scale.note, f"Source of the bands: {scale.source}"),
    )
    if isinstance(item, Withheld):
        return {**resource, **_withheld(context, item)}
    if item.score is None:
        value = probability_quantity(item.cutoff_probability)
    else:
        value = score_quantity(item.score)
        resource["referenceRange"] = [
            {"low": score_quantity(start), "text": plain(f"{name}: from {start:g} upwards")}
            for name, start in zip(scale.band_names, scale.band_starts, strict=True)
        ]
    return {**resource, "valueQuantity": value, "component": _components(context, item)}


def _withheld(context: Context, item: Withheld) -> Json:
    ours = {
        "system": context.settings.codes,
        "code": "withheld",
        "display": "Estimate withheld",
    }
    standard = {"system": DATA_ABSENT, "code": "unknown", "display": "Unknown"}
    text = f"Withheld: {plain(item.reason)}"
    return {"dataAbsentReason": {"coding": [standard, ours], "text": text}}


def _components(context: Context, item: SeverityEstimate) -> list[Json]:
    scale, codes = item.scale, band_codes(item.scale)
    best, coverage = item.most_probable_band, _coverage(item)
    components: list[Json] = [
        {
            "code": context.concept(
                "predicted-band", "Predicted band (highest calibrated probability)"
            ),
            "valueCodeableConcept": context.concept(codes[best], scale.band_names[best]),
        }
    ]
    if item.interval is not None:
        low, high = item.interval
        components.append(
            {
                "code": context.concept(
                    f"prediction-interval-{slug(coverage)}",
                    f"{coverage}% prediction interval (conformal)",
                ),
                "valueRange": {"low": score_quantity(low), "high": score_quantity(high)},
            }
        )
    plausible = [scale.band_names[index] for index in item.plausible_bands]
    components.append(
        {
            "code": context.concept(
                f"plausible-bands-{slug(coverage)}",
                f"Bands that cannot be ruled out at {coverage}% (conformal set)",
            ),
            "valueString": plain(", ".join(plausible)),
        }
    )
    components += [
        {
            "code": context.concept(f"p-{code}", f"Calibrated probability: {name}"),
            "valueQuantity": probability_quantity(probability),
        }
        for code, name, probability in zip(codes, scale.band_names, item.probabilities, strict=True)
    ]
    return components


def _risk(context: Context, item: SeverityEstimate) -> Json:
    scale = item.scale
    code = f"{scale.condition.value}-cutoff-risk"
    text = (
        f"AI-estimated probability that an administered {scale.name} would score "
        f"{scale.cutoff:g} or more"
    )
    chance = percent(item.cutoff_probability)
    outcome = f"{scale.name} at or above {scale.cutoff:g} if administered"
    band = scale.band_names[scale.cutoff_band]
    return {
        "resourceType": "RiskAssessment",
        "meta": {"security": [AIAST]},
        "text": context.text(f"{text}: {chance:g} %.", scale.note),
        "status": "preliminary",
        "method": context.method,
        "code": context.concept(code, "AI-estimated probability of reaching the cut-off", text),
        "subject": context.subject,
        **context.when("occurrence"),
        "performer": local(DEVICE),
        "basis": [local(_name(scale)), local(RECORDING)],
        "prediction": [
            {
                "outcome": context.concept(
                    f"{scale.condition.value}-cutoff-reached",
                    "Questionnaire at or above its cut-off",
                    outcome,
                ),
                "probabilityDecimal": chance,
                "rationale": plain(
                    f"In percent: sum of the calibrated band probabilities from '{band}' upwards."
                ),
            }
        ],
        "note": context.note(scale.note),
    }


def _coverage(item: SeverityEstimate) -> str:
    return f"{100 * item.coverage:g}"


def _name(scale: Scale) -> str:
    return f"{scale.condition.value}-estimate"
