"""2 Protocol and data: without them no number means anything."""

from reports.blocks import Block, Bullets, Fact, Facts, Paragraph, Section, Subheading, Table
from reports.evaluation.numbers import DASH, count, duration
from reports.evaluation.view import View
from reports.phrases import percent


def protocol_section(view: View) -> Section:
    """Return the protocol, who has which target, what was left out, and models not run."""
    words, result = view.words, view.result
    values = {
        "split": result.split_name,
        "hash": result.split_sha256,
        "folds": words("protocol.folds_value", folds=result.n_folds, repeats=result.n_repeats),
        "seed": str(result.settings.get("seed", words("protocol.seed_unknown"))),
        "people": words(
            "protocol.people_value",
            people=count(result.n_participants),
            recordings=count(result.n_recordings),
        ),
        "simulated": words(f"protocol.simulated_{'yes' if result.is_simulated else 'no'}"),
        "tables": ", ".join(result.tables) or DASH,
        "coverage": percent(result.coverage),
        "made": result.created_at,
        "wall": duration(result.wall_s),
    }
    facts = tuple(Fact(label=words(f"protocol.{key}"), value=text) for key, text in values.items())
    blocks: list[Block] = [
        Paragraph(text=result.protocol),
        Facts(items=facts),
        Subheading(text=words("protocol.targets_heading")),
        _targets(view),
        Subheading(text=words("protocol.notes_heading")),
        Bullets(items=result.notes or (words("protocol.no_notes"),)),
        Subheading(text=words("protocol.problems_heading")),
        *_problems(view),
    ]
    return Section(heading=words("protocol.heading"), blocks=tuple(blocks))


def _targets(view: View) -> Table:
    words = view.words
    rows = [
        (
            target.title,
            words.sentences.get(f"kind.{target.kind}", target.kind),
            count(sum(target.counts)),
            "; ".join(
                words("protocol.class_count", name=name, n=count(n))
                for name, n in zip(target.classes, target.counts, strict=True)
            ),
        )
        for target in view.result.targets
    ]
    return Table(
        columns=view.words.each("protocol.target_columns"),
        rows=tuple(rows),
        weights=(1.2, 1.6, 0.7, 4.0),
        description=words("protocol.target_table"),
        numeric=(2,),
    )


def _problems(view: View) -> list[Block]:
    words = view.words
    rows = tuple(
        (model.model, count(model.n_fits), count(model.n_failed), model.problem or DASH)
        for model in view.models
        if model.problem or model.n_failed or not model.n_fits
    )
    if not rows:
        return [Paragraph(text=words("protocol.no_problems", n=len(view.models)))]
    table = Table(
        columns=words.each("protocol.problem_columns"),
        rows=rows,
        weights=(1.6, 0.6, 0.7, 4.5),
        description=words("protocol.problem_table"),
        numeric=(1, 2),
    )
    return [table]
