"""Joining short stretches and splitting long ones without losing a word."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.records import Word

_SENTENCE_END = re.compile(r"[.!?…][\"')\]]*$")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch on its way to a segment.

    Args:
        text: None without a transcript.
        estimated: Its share of the text was not timed but shared out by length.
    """

    start_s: float
    end_s: float
    text: str | None = None
    words: tuple[Word, ...] = ()
    estimated: bool = False

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def join(
    run: Sequence[Piece], *, merge_gap_s: float, min_segment_s: float, max_segment_s: float
) -> list[Piece]:
    """Join neighbours that are close or short, as long as the whole stays below the maximum.

    Args:
        run: Consecutive stretches of one speaker, rising.
    """
    joined: list[Piece] = []
    for piece in run:
        last = joined[-1] if joined else None
        if last is None or piece.end_s - last.start_s > max_segment_s:
            joined.append(piece)
            continue
        is_close = piece.start_s - last.end_s < merge_gap_s
        is_short = min(last.duration_s, piece.duration_s) < min_segment_s
        if is_close or is_short:
            joined[-1] = _together(last, piece)
        else:
            joined.append(piece)
    return joined


def _together(first: Piece, second: Piece) -> Piece:
    texts = [text for text in (first.text, second.text) if text]
    has_text = first.text is not None or second.text is not None
    return Piece(
        start_s=first.start_s,
        end_s=max(first.end_s, second.end_s),
        text=" ".join(texts) if has_text else None,
        words=(*first.words, *second.words),
    )


def split(piece: Piece, max_segment_s: float) -> list[Piece]:
    """Split a stretch into the fewest parts that are short enough.

    With word times the cuts lie between words, by preference behind a sentence; without
    them the parts are equal and the text is shared out by length.
    """
    n_parts = math.ceil(piece.duration_s / max_segment_s - 1e-9)
    if n_parts < 2:
        return [piece]
    if not piece.text:
        return _equal(piece, [piece.text] * n_parts, estimated=False)
    if _words_cover(piece):
        return _at_words(piece, max_segment_s)
    return _equal(piece, _shares(piece.text.split(), n_parts), estimated=True)


def _words_cover(piece: Piece) -> bool:
    """True where each word of the text has its times."""
    return len(piece.words) == len((piece.text or "").split())


def _at_words(piece: Piece, max_segment_s: float) -> list[Piece]:
    tokens = (piece.text or "").split()
    parts: list[Piece] = []
    begin, begin_s = 0, piece.start_s
    while piece.end_s - begin_s > max_segment_s:
        n_left = math.ceil((piece.end_s - begin_s) / max_segment_s - 1e-9)
        wish_s = begin_s + (piece.end_s - begin_s) / n_left
        allowed = [
            cut
            for cut in range(begin + 1, len(tokens))
            if piece.words[cut - 1].end_s - begin_s <= max_segment_s
        ]
        if not allowed:
            # One word longer than a segment: time alone can cut it.
            rest = Piece(start_s=begin_s, end_s=piece.end_s, text=" ".join(tokens[begin:]))
            return [*parts, *_equal(rest, _shares(tokens[begin:], n_left), estimated=True)]
        cut = min(allowed, key=lambda c: _cost(piece.words, tokens, c, wish_s, max_segment_s))
        cut_s = max(piece.words[cut - 1].end_s, begin_s)
        cut_s = min((cut_s + max(piece.words[cut].start_s, cut_s)) / 2, begin_s + max_segment_s)
        parts.append(
            Piece(
                start_s=begin_s,
                end_s=cut_s,
                text=" ".join(tokens[begin:cut]),
                words=piece.words[begin:cut],
            )
        )
        begin, begin_s = cut, cut_s
    last = Piece(
        start_s=begin_s,
        end_s=piece.end_s,
        text=" ".join(tokens[begin:]),
        words=piece.words[begin:],
    )
    return [*parts, last]


def _cost(
    words: Sequence[Word], tokens: Sequence[str], cut: int, wish_s: float, max_segment_s: float
) -> float:
    """Distance from the wished cut; the end of a sentence is worth a quarter of a segment."""
    bonus = max_segment_s / 4 if _SENTENCE_END.search(tokens[cut - 1]) else 0.0
    return abs(words[cut - 1].end_s - wish_s) - bonus


def _shares(tokens: Sequence[str], n_parts: int) -> list[str | None]:
    """Share words out so that each part has about the same number of characters."""
    total = sum(len(token) + 1 for token in tokens)
    shares: list[list[str]] = [[] for _ in range(n_parts)]
    passed = 0
    for token in tokens:
        middle = passed + (len(token) + 1) / 2
        shares[min(int(middle / total * n_parts), n_parts - 1)].append(token)
        passed += len(token) + 1
    return [" ".join(share) for share in shares]


def _equal(piece: Piece, texts: Sequence[str | None], *, estimated: bool) -> list[Piece]:
    n_parts = len(texts)
    edges = [piece.start_s + piece.duration_s * n / n_parts for n in range(n_parts)]
    edges.append(piece.end_s)
    return [
        Piece(start_s=a, end_s=b, text=text, estimated=estimated)
        for a, b, text in zip(edges, edges[1:], texts, strict=False)
    ]
