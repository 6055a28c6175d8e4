"""Model cards: what a user must know about a head before trusting it, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic.inconsistency.training.agreement import Interval
from clinic.inconsistency.training.fitted import Fitted
from clinic.inconsistency.training.scores import DimensionScore

COMMAND = "python -m clinic.inconsistency.train_text_affect --emobank FOLDER --goemotions FOLDER"
#: Macro-F1 of BERT-base fine-tuned on each taxonomy: README of the GoEmotions checkout.
BERT_BASE = {"original": 0.5030, "ekman": 0.6238, "group": 0.7006}


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A head that was written, and where it came from.

    Args:
        file: Name of the safetensors file.
        n_bytes: Its size.
        counts: Texts by split, after ``left_out`` were left out for being in a later split.
    """

    file: str
    sha256: str
    n_bytes: int
    encoder: str
    fitted: Fitted
    counts: Mapping[str, int]
    left_out: Mapping[str, int]


def dimension_card(
    shipped: Shipped, scores: Sequence[DimensionScore], *, n_draws: int, agreement: Sequence[float]
) -> str:
    """Return the card of valence, arousal and dominance.

    Args:
        agreement: Correlation of readers' and writers' ratings on test, by dimension.
    """
    ceilings = [*agreement, *agreement]
    lines = [
        *_opening(shipped, "Affect of the words: valence, arousal, dominance"),
        "Answers six numbers on EmoBank's 1-5 scale: `reader_*`, what readers feel, and",
        "`writer_*`, what the writer seems to express. They are stretched to spread as the",
        "ratings do on dev, so that modalities compare on one scale; the least squared error is",
        "not sought.",
        "",
        *_origin(shipped, "the mean correlation with ratings over the six answers"),
        "",
        f"Agreement on the {shipped.counts['test']} test sentences (95 % percentile bootstrap over",
        f"documents, {n_draws} draws), beside how far readers and writers agree with each other:",
        "",
        "| answer | Pearson r | concordance (CCC) | RMSE, points | readers with writers, r |",
        "|---|---|---|---|---|",
        *(
            f"| {s.output} | {s.pearson} | {s.concordance} | {s.error:.3f} | {ceiling:.3f} |"
            for s, ceiling in zip(scores, ceilings, strict=True)
        ),
        "",
        "## Limits",
        "The official split cuts through documents: most test sentences have neighbours in train.",
        "Written English (news, blogs, fiction, letters, essays), single sentences without",
        "context; not interviews, not speech, not patients. Irony, quotation and negation are read",
        "as far as the encoder carries them. Arousal and dominance are weak, as are the people.",
    ]
    return "\n".join(lines) + "\n"


def emotion_card(shipped: Shipped, scores: Mapping[str, Interval], *, n_draws: int) -> str:
    """Return the card of the emotions."""
    temperature = shipped.fitted.head.card["temperature"]
    lines = [
        *_opening(shipped, "Emotions of the words"),
        "Answers, for each of GoEmotions' 28 emotions, Ekman's six with neutral, and four groups,",
        "how likely raters mark it in the words (each by itself; several may be marked).",
        "`clinic/inconsistency/readers/text_emotions.py` turns Ekman's into a distribution over",
        f"six, temperature {temperature:g}: lowest cross-entropy with the shares of labels on dev.",
        "",
        *_origin(shipped, "macro-F1, averaged over the three vocabularies"),
        "",
        f"Macro-F1 on the {shipped.counts['test']} test comments (95 % percentile bootstrap over",
        f"comments, {n_draws} draws); one threshold a label, with the highest F1 on dev:",
        "",
        "| vocabulary | macro-F1 | BERT-base, fine-tuned whole |",
        "|---|---|---|",
        *(f"| {name} | {score} | {BERT_BASE[name]:.3f} |" for name, score in scores.items()),
        "",
        "## Limits",
        "English Reddit comments of some 3 to 30 words, labelled without context; not interviews,",
        "not speech, not patients. The encoder was made for topics and is not trained further:",
        "rare emotions and shades within a group are weak.",
    ]
    return "\n".join(lines) + "\n"


def _opening(shipped: Shipped, title: str) -> list[str]:
    head = shipped.fitted.head
    return [
        f"# {title} (`{shipped.file}`)",
        "",
        f"{len(head.layers)} layers from the {len(head.inputs)} numbers of a sentence embedding",
        f"to {len(head.outputs)} answers, {shipped.n_bytes / 1000:.0f} kB.",
    ]


def _origin(shipped: Shipped, criterion: str) -> list[str]:
    card, counts, left_out = shipped.fitted.head.card, shipped.counts, shipped.left_out
    return [
        f"- SHA-256 `{shipped.sha256}`",
        f"- encoder {shipped.encoder}, weights' SHA-256 `{card['encoder_sha256']}`",
        f"- trained on {card['data']}",
        f"- licence of this file: {card['licence']}",
        f"- made by `{COMMAND}`",
        f"- {counts['train']} texts to train, {counts['dev']} to choose (dev), {counts['test']}",
        "  to test once; left out as copies of a text in a later split:",
        f"  {left_out['train']} of train, {left_out['dev']} of dev",
        f"- chosen on dev by {criterion}:",
        "",
        "| fitted | dev |",
        "|---|---|",
        *(
            f"| {'**' + label + '**' if label == shipped.fitted.label else label} | {score:.4f} |"
            for label, score in shipped.fitted.tried
        ),
    ]
