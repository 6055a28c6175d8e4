"""From a corpus to a shipped head: read, embed, fit, score once, write with its card."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clinic.inconsistency.training.agreement import pearson
from clinic.inconsistency.training.card import Shipped, dimension_card, emotion_card
from clinic.inconsistency.training.dimensions import fit_dimensions
from clinic.inconsistency.training.emobank import DIMENSIONS, read_emobank
from clinic.inconsistency.training.emotion_head import fit_emotions
from clinic.inconsistency.training.encoding import EncodedTexts, encode_texts
from clinic.inconsistency.training.fitted import Fitted, split_of
from clinic.inconsistency.training.goemotions import read_goemotions
from clinic.inconsistency.training.rated_texts import SPLITS, RatedTexts, without_repeats
from clinic.inconsistency.training.scores import dimension_scores, emotion_scores

N_DRAWS = 1000
SEED = 20261121

EMOBANK = (
    "EmoBank (Buechel & Hahn 2017, https://aclanthology.org/E17-2092/), mean ratings of readers "
    "and of writers, official split"
)
GOEMOTIONS = (
    "GoEmotions (Demszky et al. 2020, doi:10.18653/v1/2020.acl-main.372), labels in three "
    "vocabularies, official split"
)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A head that was written.

    Args:
        card: Its Markdown card, which stands beside it as well.
    """

    file: Path
    sha256: str
    card: str


def train_dimensions(folder: Path, *, encoder: tuple[str, str | None], out: Path) -> Trained:
    """Train on EmoBank and write ``text_dimensions.safetensors`` with its card.

    Args:
        encoder: Name or folder, and hash, as for ``encode_texts``.
    """
    prepared = _prepare(read_emobank(folder), encoder)
    rated, encoded = prepared.rated, prepared.encoded
    fitted = fit_dimensions(
        split_of(rated, encoded.values),
        columns=encoded.columns,
        outputs=rated.outputs,
        card=prepared.card(EMOBANK, "CC BY-SA 4.0 (share-alike, as the ratings are)"),
    )
    rows = rated.in_split("test")
    targets = rated.targets[rows]
    scores = dimension_scores(
        fitted.head,
        encoded.values[rows],
        targets,
        units=rated.units[rows],
        n_draws=N_DRAWS,
        seed=SEED,
    )
    n = len(DIMENSIONS)
    agreement = [pearson(targets[:, i], targets[:, n + i]) for i in range(n)]
    return _write(
        prepared,
        fitted,
        out / "text_dimensions.safetensors",
        lambda shipped: dimension_card(shipped, scores, n_draws=N_DRAWS, agreement=agreement),
    )


def train_emotions(folder: Path, *, encoder: tuple[str, str | None], out: Path) -> Trained:
    """Train on GoEmotions and write ``text_emotions.safetensors`` with its card."""
    prepared = _prepare(read_goemotions(folder), encoder)
    rated, encoded = prepared.rated, prepared.encoded
    fitted = fit_emotions(
        split_of(rated, encoded.values),
        columns=encoded.columns,
        outputs=rated.outputs,
        card=prepared.card(GOEMOTIONS, "CC BY 4.0 (name the authors of GoEmotions)"),
    )
    rows = rated.in_split("test")
    scores = emotion_scores(
        fitted.head,
        encoded.values[rows],
        rated.targets[rows],
        units=rated.units[rows],
        n_draws=N_DRAWS,
        seed=SEED,
    )
    return _write(
        prepared,
        fitted,
        out / "text_emotions.safetensors",
        lambda shipped: emotion_card(shipped, scores, n_draws=N_DRAWS),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Prepared:
    rated: RatedTexts
    left_out: Mapping[str, int]
    encoded: EncodedTexts

    def card(self, data: str, licence: str) -> Mapping[str, object]:
        return {
            "data": data,
            "licence": licence,
            "encoder_sha256": self.encoded.encoder_sha256,
            "encoder_licence": self.encoded.licence,
        }


def _prepare(rated: RatedTexts, encoder: tuple[str, str | None]) -> _Prepared:
    rest, left_out = without_repeats(rated)
    encoded = encode_texts(rest.texts, encoder=encoder[0], encoder_sha256=encoder[1])
    return _Prepared(rated=rest, left_out=left_out, encoded=encoded)


def _write(
    prepared: _Prepared, fitted: Fitted, file: Path, card_of: Callable[[Shipped], str]
) -> Trained:
    sha256 = fitted.head.write(file)
    shipped = Shipped(
        file=file.name,
        sha256=sha256,
        n_bytes=file.stat().st_size,
        encoder=prepared.encoded.encoder,
        fitted=fitted,
        counts={split: int(np.sum(prepared.rated.split == split)) for split in SPLITS},
        left_out=prepared.left_out,
    )
    card = card_of(shipped)
    file.with_suffix(".md").write_text(card, encoding="utf-8")
    return Trained(file=file, sha256=sha256, card=card)
