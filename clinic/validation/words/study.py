"""Affect of the words against readers and raters: EmoBank, GoEmotions and VADER's texts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clinic.errors import SetupError
from clinic.inconsistency import SentenceAffect
from clinic.inconsistency.heads import DenseHead, load_dense_head
from clinic.inconsistency.training.emobank import read_emobank
from clinic.inconsistency.training.encoding import EncodedTexts, encode_texts
from clinic.inconsistency.training.goemotions import read_goemotions
from clinic.inconsistency.training.rated_texts import RatedTexts, same_text, without_repeats
from clinic.validation.study import Finding, StudyResult, Table
from clinic.validation.words.data import VADER_SETS, read_vader
from clinic.validation.words.findings import (
    Draws,
    dimension_findings,
    emotion_findings,
    emotion_table,
    six_findings,
    unseen_documents,
    valence_finding,
)


@dataclass(frozen=True, kw_only=True)
class WordAffect:
    """How well the shipped heads, through the shipped reader, agree with people.

    Args:
        reader: The reader of the words as the product builds it.
        encoder, encoder_sha256: The sentence encoder that its heads were trained on.
        emobank, goemotions, vader: Folders below the data folder.
        most_texts: Texts drawn from each of VADER's sets.
        n_draws: Draws of documents, comments or reviews for an interval.
    """

    reader: SentenceAffect
    encoder: str
    encoder_sha256: str | None
    emobank: str
    goemotions: str
    vader: str
    most_texts: int
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "words"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Words: valence, arousal, dominance and emotions"

    @property
    def needs(self) -> tuple[str, ...]:
        """EmoBank, GoEmotions and VADER's ratings."""
        return (self.emobank, self.goemotions, self.vader)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "Two small heads on sentence embeddings, trained on the training splits of EmoBank "
            "and GoEmotions and chosen on their development splits, are scored on the official "
            "test splits: 1,000 sentences rated by readers (what they feel) and by writers (what "
            "the writer seems to express), and 5,427 comments labelled with emotions. Training "
            "texts that are copies of a test text were left out of training. Valence is also set "
            f"against VADER's four sets, at most {self.most_texts:,} texts of each drawn at random "
            "and none of them in training; no head was fitted to such ratings.\n\n"
            "Figures of the dimensions and of the three vocabularies are the heads' on every test "
            "text; those of the six emotions and of VADER's sets are the reader's, which leaves "
            f"out texts of fewer than {self.reader.min_words} words. Intervals draw documents, "
            f"comments or reviews again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        emobank, left_out_sentences = without_repeats(read_emobank(data / self.emobank))
        comments, left_out_comments = without_repeats(read_goemotions(data / self.goemotions))
        findings = (
            *self._dimensions(emobank),
            *(emotions := self._emotions(comments))[0],
            *self._valence(data / self.vader, emobank, comments),
        )
        return StudyResult(
            findings=findings,
            verdict=_verdict({finding.what: finding for finding in findings}),
            untested=(
                "speech: all texts were written; transcripts with fillers, repairs and errors were "
                "not",
                "interviews and patients: people who talk about themselves to a clinician",
                "context: every text was rated and read alone",
                "irony and quotation, which are only as good as the encoder",
                "languages other than English, dialects, and how ratings differ between groups of "
                "readers",
                "change within one person, which is what the product compares",
            ),
            tables=(emotions[1], _left_out(left_out_sentences, left_out_comments)),
        )

    def _dimensions(self, rated: RatedTexts) -> tuple[Finding, ...]:
        head = load_dense_head(self.reader.dimensions, self.reader.dimensions_sha256)
        test = rated.take(rated.in_split("test"))
        inputs = self._encoded(test.texts, head).values
        return (
            *dimension_findings(head, test, inputs, self._draws),
            *unseen_documents(head, rated, test, inputs, self._draws),
        )

    def _emotions(self, rated: RatedTexts) -> tuple[tuple[Finding, ...], Table]:
        head = load_dense_head(self.reader.emotions, self.reader.emotions_sha256)
        test, train = (rated.take(rated.in_split(split)) for split in ("test", "train"))
        encoded = self._encoded(test.texts, head)
        return (
            (
                *emotion_findings(head, test, encoded.values, self._draws),
                *six_findings(self.reader, test, train, encoded, self._draws),
            ),
            emotion_table(head, test, encoded.values),
        )

    def _valence(self, folder: Path, *training: RatedTexts) -> tuple[Finding, ...]:
        head = load_dense_head(self.reader.dimensions, self.reader.dimensions_sha256)
        seen = {
            same_text(rated.texts[row])
            for rated in training
            for row in np.flatnonzero(rated.split != "test")
        }
        found = []
        for stem, name, reference in VADER_SETS:
            texts = read_vader(folder, stem, most=self.most_texts, seed=self.seed, without=seen)
            encoded = self._encoded(texts.texts, head)
            found.append(valence_finding(self.reader, name, reference, texts, encoded, self._draws))
        return tuple(found)

    @property
    def _draws(self) -> Draws:
        return Draws(n_draws=self.n_draws, seed=self.seed)

    def _encoded(self, texts: tuple[str, ...], head: DenseHead) -> EncodedTexts:
        encoded = encode_texts(texts, encoder=self.encoder, encoder_sha256=self.encoder_sha256)
        trained_on = str(head.card["encoder_sha256"])
        if encoded.encoder_sha256 != trained_on:
            raise SetupError(
                f"encoder {encoded.encoder_sha256[:12]}, the heads were trained on "
                f"{trained_on[:12]} (encoder)"
            )
        return encoded


def _verdict(found: dict[str, Finding]) -> str:
    valence = found["valence, as readers rate it: Pearson r"].value
    arousal = found["arousal, as readers rate it: Pearson r"].value
    emotions = found["28 emotions: macro-F1"].value
    return (
        f"Valence of single written sentences agrees with readers at r = {valence:.2f}, near what "
        f"readers and writers agree on; arousal ({arousal:.2f}) and dominance are weak, as they "
        f"are between people. Emotions reach a macro-F1 of {emotions:.2f} over 28 against 0.50 of "
        "a language model trained whole for it: use them as a tilt of many sentences, never as "
        "the label of one. Nothing here was measured on speech or on patients."
    )


def _left_out(sentences: dict[str, int], comments: dict[str, int]) -> Table:
    return Table(
        title="Texts left out of training and development",
        columns=("data", "training", "development"),
        rows=tuple(
            (name, str(count["train"]), str(count["dev"]))
            for name, count in (("EmoBank", sentences), ("GoEmotions", comments))
        ),
        note="copies, up to case and blanks, of a text in a later split; the test split is as "
        "published",
    )
