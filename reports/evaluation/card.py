"""The model card: TRIPOD+AI and CHAI Applied Model Card headings, every number from the result."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from clinic.evaluation.study.results import MetricRow, TargetFacts
from reports.evaluation.numbers import DASH, cell, count, deviation, number
from reports.evaluation.sections.audit import verdict_text
from reports.evaluation.sections.calibration import PROBABILITIES, PROMISES
from reports.evaluation.sections.verdict import audit_sentence, fusion_sentences
from reports.evaluation.verdict import FAILED, audit_state, best_of, checks_of
from reports.evaluation.view import View
from reports.phrases import percent, visible

#: Signs that Markdown or the HTML inside it would take for markup.
_SIGNS = "\\`*_[]<>|#&~$!"
Lines = list[str]


def model_card(view: View) -> str:
    """Return ``card.md``; a failed audit and simulated people stand before everything."""
    words, result = view.words, view.result
    lines = [f"# {plain(words('card.title', title=result.title))}", ""]
    if audit_state(view) == FAILED:
        lines += [f"**{words('banner.failed')}**", ""]
    if result.is_simulated:
        lines += [f"**{words('banner.simulated')}**", ""]
    lines += [words("card.sources"), ""]
    for heading, make in zip(words.each("card.headings"), PARTS, strict=True):
        lines += [f"## {heading}", "", *make(view), ""]
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return text on one line that Markdown shows as it is."""
    shown = visible(text)
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in shown)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """Return a Markdown table of plain text."""
    lines = ["| " + " | ".join(plain(name) for name in columns) + " |", "|---" * len(columns) + "|"]
    return lines + ["| " + " | ".join(plain(part) or " " for part in row) + " |" for row in rows]


def _intended(view: View) -> Lines:
    return [view.words("card.intended")]


def _not_intended(view: View) -> Lines:
    return [f"- {item}" for item in view.words.each("card.not_intended")]


def _developer(view: View) -> Lines:
    return [view.words("card.developer")]


def _data(view: View) -> Lines:
    result, words = view.result, view.words
    told = words(
        "card.data",
        people=count(result.n_participants),
        recordings=count(result.n_recordings),
        split=result.split_name,
        hash=result.split_sha256,
    )
    simulated = words(f"protocol.simulated_{'yes' if result.is_simulated else 'no'}")
    return [
        f"- {plain(told)}",
        f"- {words('protocol.simulated')}: {simulated}.",
        f"- {words('card.data_unknown')}",
        f"- {words('card.ethics')}",
    ]


def _outcomes(view: View) -> Lines:
    words = view.words
    told = [
        words(
            "card.outcome",
            title=target.title,
            kind=words.sentences.get(f"kind.{target.kind}", target.kind),
            classes=", ".join(target.classes),
        )
        for target in view.result.targets
    ]
    return [*(f"- {plain(line)}" for line in told), f"- {words('card.outcome_unknown')}"]


def _predictors(view: View) -> Lines:
    tables = ", ".join(view.result.tables) or DASH
    return [plain(view.words("card.predictors", tables=tables))]


def _sample(view: View) -> Lines:
    words = view.words
    told = [
        words(
            "card.sample",
            title=target.title,
            n=count(sum(target.counts)),
            classes=", ".join(
                f"{name} {count(n)}" for name, n in zip(target.classes, target.counts, strict=True)
            ),
        )
        for target in view.result.targets
    ]
    return [*(f"- {plain(line)}" for line in told), f"- {words('card.sample_unknown')}"]


def _missing(view: View) -> Lines:
    notes = view.result.notes or (view.words("card.missing_none"),)
    return [view.words("card.missing_data"), "", *(f"- {plain(note)}" for note in notes)]


def _models(view: View) -> Lines:
    words = view.words
    ran = sum(model.n_fits > 0 for model in view.models)
    rows = [
        (
            model.model,
            count(model.n_parameters) if model.n_fits else DASH,
            count(model.n_fits),
            count(model.n_failed),
            number(model.fit_cpu_s),
            number(model.peak_mb, 0),
            model.problem,
        )
        for model in view.models
    ]
    told = words("card.models", n=len(view.models), ran=ran)
    return [told, "", *table(words.each("card.model_row_columns"), rows)]


def _protocol(view: View) -> Lines:
    return [plain(view.result.protocol)]


def _performance(view: View) -> Lines:
    lines: Lines = []
    for target in view.result.targets:
        lines += [f"### {plain(target.title)}", ""]
        rows = [
            (model.model, view.metric_name(name), *_value(view.row(model.model, target.name, name)))
            for name in target.headline
            for model in view.models
        ]
        lines += [*table(view.words.each("card.metric_columns"), rows), ""]
        for name in target.headline[:1]:
            lines += [plain(" ".join(fusion_sentences(view, target, name))), ""]
    return lines


def _calibration(view: View) -> Lines:
    words = view.words
    lines = [words("card.calibration_text", coverage=percent(view.result.coverage)), ""]
    for target, best in _bests(view):
        lines += [f"### {plain(target.title)}", ""]
        if best is None:
            lines += [plain(words("card.no_best", title=target.title)), ""]
            continue
        known = view.metrics_of(target)
        rows = [
            (best.model, view.metric_name(name), *_value(view.row(best.model, target.name, name)))
            for name in (*PROBABILITIES, *PROMISES)
            if name in known
        ]
        lines += [*table(words.each("card.metric_columns"), rows), ""]
    return lines


def _fairness(view: View) -> Lines:
    words = view.words
    lines = [words("card.groups_text"), ""]
    for target, best in _bests(view):
        lines += [f"### {plain(target.title)}", ""]
        groups = [group for levels in view.groups(target).values() for group in levels]
        if best is None or not groups:
            key = "card.no_best" if best is None else "card.no_groups"
            lines += [plain(words(key, title=target.title)), ""]
            continue
        lines += [plain(best.model), ""]
        rows = []
        for group in groups:
            for name in target.headline:
                row = view.row(best.model, target.name, name, group=group)
                if row is not None:
                    value, _, n, repeats = _value(row)
                    reason = row.note
                    rows.append((group, view.metric_name(name), value, n, repeats, reason))
        lines += [*table(words.each("card.group_columns"), rows), ""]
    return lines


def _robustness(view: View) -> Lines:
    words = view.words
    lines: Lines = []
    for target, best in _bests(view):
        lines += [f"### {plain(target.title)}", ""]
        variants = view.variants(target)
        if best is None or not variants:
            key = "card.no_best" if best is None else "card.no_robust"
            lines += [plain(words(key, title=target.title)), ""]
            continue
        lines += [plain(best.model), ""]
        rows = []
        for variant in ("clean", *variants):
            row = view.row(best.model, target.name, best.metric, variant=variant)
            value, _, n, repeats = _value(row)
            rows.append((variant, view.metric_name(best.metric), value, n, repeats))
        lines += [*table(words.each("card.robust_columns"), rows), ""]
    return lines


def _limits(view: View) -> Lines:
    first = [view.words("card.limits_simulated")] if view.result.is_simulated else []
    return [f"- {item}" for item in (*first, *view.words.each("card.limits"))]


def _audit(view: View) -> Lines:
    words = view.words
    checks = checks_of(view)
    rows = [
        (
            str(check.get("name") or DASH),
            verdict_text(view, check),
            str(check.get("sentence") or DASH),
            str(check.get("advice") or ""),
        )
        for check in checks
    ]
    return [
        f"**{audit_sentence(view)}**",
        "",
        *(table(words.each("card.audit_columns"), rows) if rows else []),
    ]


def _licence(view: View) -> Lines:
    return [view.words("card.licence")]


def _contact(view: View) -> Lines:
    return [view.words("card.contact")]


def _bests(view: View) -> Iterator[tuple[TargetFacts, MetricRow | None]]:
    for target in view.result.targets:
        metric = target.headline[0] if target.headline else ""
        yield target, best_of(view, target, metric, ("single", "fused"))


def _value(row: MetricRow | None) -> tuple[str, str, str, str]:
    if row is None:
        return DASH, DASH, DASH, DASH
    return cell(row), deviation(row), str(row.n_participants), str(row.n_repeats)


#: One per heading, in the order of ``card.headings``.
PARTS: tuple[Callable[[View], Lines], ...] = (
    _intended,
    _not_intended,
    _developer,
    _data,
    _outcomes,
    _predictors,
    _sample,
    _missing,
    _models,
    _protocol,
    _performance,
    _calibration,
    _fairness,
    _robustness,
    _limits,
    _audit,
    _licence,
    _contact,
)
