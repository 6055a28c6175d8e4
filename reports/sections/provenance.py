"""How the report was made: model, versions, hashes and the licences that bind a reader."""

from collections.abc import Sequence

from clinic.records import Stamp
from reports.blocks import Fact, Facts, Section, Table
from reports.phrases import short_hash
from reports.sections.view import View


def provenance_section(view: View) -> Section:
    """Return the model, the software and the components."""
    result, words = view.result, view.words
    media = result.media
    facts = [Fact(label=words("provenance.model"), value=_model(view))]
    if result.model is not None:
        trained = words(
            "provenance.trained_value",
            trained_on=result.model.trained_on,
            n=result.model.n_training_participants,
        )
        facts.append(Fact(label=words("provenance.trained"), value=trained))
    software = words(
        "provenance.software_value",
        version=result.software_version,
        settings=short_hash(result.settings_sha256),
        run=result.run_id,
    )
    transcript = (
        words(
            "provenance.transcript_value",
            sha=short_hash(media.transcript_sha256),
            format=media.transcript_format,
        )
        if media.transcript_sha256
        else words("provenance.no_transcript")
    )
    files = words("provenance.media_value", media=short_hash(media.sha256), transcript=transcript)
    facts += [
        Fact(label=words("provenance.software"), value=software),
        Fact(label=words("provenance.media"), value=files),
    ]
    stamps = Table(
        columns=tuple(
            words(f"provenance.column_{name}")
            for name in ("component", "version", "weights", "licence")
        ),
        rows=_rows(result.stamps),
        weights=(4.2, 2.6, 1.4, 3.8),
        small=True,
        description=words("provenance.table"),
    )
    return Section(
        heading=words("provenance.heading"),
        blocks=(Facts(items=tuple(facts)), stamps),
    )


def _rows(stamps: Sequence[Stamp]) -> tuple[tuple[str, str, str, str], ...]:
    """One row a component; those of the same version, weights and licence share one."""
    shared: dict[tuple[str, str, str], list[str]] = {}
    for stamp in stamps:
        made = (stamp.version, short_hash(stamp.weights_sha256), stamp.licence)
        shared.setdefault(made, []).append(stamp.component.rsplit(".", 1)[-1])
    return tuple((", ".join(names), *made) for made, names in shared.items())


def _model(view: View) -> str:
    model = view.result.model
    if model is None:
        return view.words("provenance.no_model")
    return view.words(
        "provenance.model_value",
        name=model.name,
        version=model.version,
        weights=short_hash(model.weights_sha256),
        licence=model.licence,
    )
