"""What the words study measures: dimensions, emotions, and valence on texts of other kinds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import SentenceAffect
from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.measures import jensen_shannon
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, EMOTIONS
from clinic.inconsistency.training.agreement import Interval, label_f1, pearson, with_interval
from clinic.inconsistency.training.card import BERT_BASE
from clinic.inconsistency.training.emotion_head import label_shares
from clinic.inconsistency.training.encoding import EncodedTexts
from clinic.inconsistency.training.goemotions import taxonomy_columns
from clinic.inconsistency.training.rated_texts import RatedTexts
from clinic.inconsistency.training.scores import decisions, dimension_scores, emotion_scores
from clinic.validation.study import Finding, Table
from clinic.validation.words.data import RatedValence, as_recording

Floats = NDArray[np.float64]

#: Readers' with writers' ratings of all 10,062 sentences of EmoBank: how far people agree who
#: were asked from two sides. No ceiling: a head may come closer to one side than the other does.
PERSPECTIVES_AGREE = {"valence": 0.661, "arousal": 0.296, "dominance": 0.224}

VOCABULARIES = {"original": "28 emotions", "ekman": "Ekman's six and neutral", "group": "4 groups"}


@dataclass(frozen=True, kw_only=True)
class Draws:
    """How intervals are drawn."""

    n_draws: int
    seed: int


def dimension_findings(
    head: DenseHead, test: RatedTexts, inputs: Floats, draws: Draws
) -> tuple[Finding, ...]:
    """Return Pearson's r and the CCC of each perspective and dimension on EmoBank's test split."""
    found = []
    n_units = len(np.unique(test.units))
    for score in dimension_scores(
        head, inputs, test.targets, units=test.units, n_draws=draws.n_draws, seed=draws.seed
    ):
        who, dimension = score.output.split("_")
        name = f"{dimension}, as {who}s rate it"
        source = "readers with writers, all of EmoBank, Pearson r"
        found += [
            _finding(
                f"{name}: Pearson r",
                score.pearson,
                n=len(test),
                of=f"sentences, {n_units} documents drawn",
                reference=(PERSPECTIVES_AGREE[dimension], source),
            ),
            _finding(
                f"{name}: concordance (CCC)",
                score.concordance,
                n=len(test),
                of=f"sentences, {n_units} documents drawn",
                note=f"root mean squared error {score.error:.2f} points of 1-5",
            ),
        ]
    return tuple(found)


def unseen_documents(
    head: DenseHead, rated: RatedTexts, test: RatedTexts, inputs: Floats, draws: Draws
) -> tuple[Finding, ...]:
    """Return readers' valence on test sentences whose document has no sentence in train or dev."""
    seen = set(rated.units[rated.split != "test"])
    rows = np.array([i for i, unit in enumerate(test.units) if unit not in seen], dtype=np.intp)
    place = head.outputs.index("reader_valence")
    score = with_interval(
        pearson,
        head.predict(inputs[rows])[:, place],
        test.targets[rows, place],
        units=test.units[rows],
        n_draws=draws.n_draws,
        seed=draws.seed,
    )
    return (
        _finding(
            "valence, as readers rate it, documents that are not in training: Pearson r",
            score,
            n=len(rows),
            of="sentences, documents drawn",
            note=f"the other {len(test) - len(rows)} test sentences have neighbours in training; "
            "those scored here are all news headlines",
        ),
    )


def emotion_findings(
    head: DenseHead, test: RatedTexts, inputs: Floats, draws: Draws
) -> tuple[Finding, ...]:
    """Return macro-F1 of each vocabulary on GoEmotions' test split."""
    scores = emotion_scores(
        head, inputs, test.targets, units=test.units, n_draws=draws.n_draws, seed=draws.seed
    )
    return tuple(
        _finding(
            f"{VOCABULARIES[taxonomy]}: macro-F1",
            score,
            n=len(test),
            of="comments",
            reference=(BERT_BASE[taxonomy], "BERT-base, trained whole for this vocabulary"),
            note="one threshold a label, chosen on the development split",
        )
        for taxonomy, score in scores.items()
    )


def emotion_table(head: DenseHead, test: RatedTexts, inputs: Floats) -> Table:
    """Return F1 and frequency of each of the 28 emotions."""
    where = taxonomy_columns(head.outputs)["original"]
    decided, marks = decisions(head, inputs)[:, where], test.targets[:, where]
    scores, counts = label_f1(decided, marks), marks.sum(axis=0)
    return Table(
        title="F1 of each emotion, GoEmotions' test comments",
        columns=("emotion", "comments", "F1"),
        rows=tuple(
            (
                head.outputs[where[i]].removeprefix("original_"),
                f"{counts[i]:.0f}",
                f"{scores[i]:.2f}",
            )
            for i in np.argsort(-scores, kind="stable")
        ),
        note="a comment may have several; rare ones rest on few comments",
    )


def six_findings(
    reader: SentenceAffect, test: RatedTexts, train: RatedTexts, encoded: EncodedTexts, draws: Draws
) -> tuple[Finding, ...]:
    """Return how the reader's six emotions agree with the labels' shares, as measures use them."""
    segments, extraction = as_recording(test.texts, encoded, table=reader.table)
    table = reader.read(segments, [extraction])
    read = np.column_stack([table.column(column) for column in EMOTION_COLUMNS])
    shares = label_shares(test.targets, test.outputs)
    rows = np.flatnonzero(np.isfinite(read).all(axis=1) & np.isfinite(shares).all(axis=1))
    usual = np.nanmean(label_shares(train.targets, train.outputs), axis=0)
    constant = jensen_shannon(np.tile(usual, (len(rows), 1)), shares[rows]).mean()
    of, note = (
        "comments",
        f"{len(test) - len(rows)} are too short, mostly surprise or labelled so alone",
    )

    def interval(statistic: Callable[[Floats, Floats], float]) -> Interval:
        return with_interval(
            statistic,
            read[rows],
            shares[rows],
            units=test.units[rows],
            n_draws=draws.n_draws,
            seed=draws.seed,
        )

    return (
        _finding(
            "six emotions, most probable one: unweighted average recall",
            interval(average_recall),
            n=len(rows),
            of=of,
            reference=(1 / len(EMOTIONS), "chance"),
            note=f"{note}; a comment with several labels counts for each, by its share",
        ),
        _finding(
            "six emotions, divergence from the labels' shares (Jensen-Shannon, lower is better)",
            interval(lambda a, b: float(np.mean(jensen_shannon(a, b)))),
            n=len(rows),
            of=of,
            reference=(float(constant), "the same guess for every comment: shares in training"),
        ),
    )


def average_recall(read: Floats, shares: Floats) -> float:
    """Return the mean over emotions of the share of their labels that the reading put first."""
    first = np.eye(shares.shape[1])[read.argmax(axis=1)]
    total = shares.sum(axis=0)
    known = total > 0
    return float(np.mean((first * shares).sum(axis=0)[known] / total[known]))


def valence_finding(
    reader: SentenceAffect,
    name: str,
    reference: float,
    rated: RatedValence,
    encoded: EncodedTexts,
    draws: Draws,
) -> Finding:
    """Return the correlation of the reader's valence with the mean of 20 ratings of one set."""
    segments, extraction = as_recording(rated.texts, encoded, table=reader.table)
    valence = reader.read(segments, [extraction]).column("valence")
    rows = np.flatnonzero(np.isfinite(valence))
    score = with_interval(
        pearson,
        valence[rows],
        rated.ratings[rows],
        units=rated.units[rows],
        n_draws=draws.n_draws,
        seed=draws.seed,
    )
    n_units = len(np.unique(rated.units[rows]))
    return _finding(
        f"valence of {name}: Pearson r with the mean of 20 ratings",
        score,
        n=len(rows),
        of="texts" if n_units == len(rows) else f"texts, {n_units} reviews or articles drawn",
        reference=(
            reference,
            "VADER, the word list with rules of those who had the texts rated",
        ),
        note=f"{len(rated.texts) - len(rows)} too short",
    )


def _finding(
    what: str,
    score: Interval,
    *,
    n: int,
    of: str,
    reference: tuple[float, str] | None = None,
    note: str = "",
) -> Finding:
    return Finding(
        what=what,
        value=score.value,
        low=score.low,
        high=score.high,
        n=n,
        of=of,
        reference=None if reference is None else reference[0],
        reference_source="" if reference is None else reference[1],
        note=note,
    )
