"""AWS Transcribe JSON: items with times and punctuation, speakers or channels as labels.

Source:
    https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
"""

from collections.abc import Iterator, Mapping

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, TimedWord, seconds
from clinic.io.transcripts.words import SpokenWord, gather


def parse(results: Mapping[str, object], *, max_word_gap_s: float) -> Parsed:
    """Read the items of ``results``.

    Raises:
        DataError: An item lacks its words or times.
    """
    items = results["items"]
    assert isinstance(items, list)
    labels = _labels_by_start(results.get("speaker_labels"))
    spoken: list[SpokenWord] = []
    for number, item in enumerate(items, start=1):
        place = f"item {number}"
        content = _content(item, place)
        if item.get("type") == "punctuation":
            if spoken:
                last = spoken[-1]
                spoken[-1] = SpokenWord(
                    word=last.word, speaker=last.speaker, punctuation=last.punctuation + content
                )
            continue
        word = TimedWord(
            start_s=seconds(item.get("start_time"), place=place, name="start_time"),
            end_s=seconds(item.get("end_time"), place=place, name="end_time"),
            text=content,
        )
        label = item.get("speaker_label") or item.get("channel_label")
        found = label if isinstance(label, str) else labels.get(word.start_s)
        spoken.append(SpokenWord(word=word, speaker=found))
    spoken.sort(key=lambda s: s.word.start_s)  # channels stand one after the other in the file
    language = results.get("language_code")
    return Parsed(
        turns=gather(spoken, max_word_gap_s=max_word_gap_s),
        source_format="aws",
        language=language if isinstance(language, str) else None,
    )


def _content(item: object, place: str) -> str:
    if isinstance(item, Mapping):
        alternatives = item.get("alternatives")
        if isinstance(alternatives, list) and alternatives and isinstance(alternatives[0], Mapping):
            content = alternatives[0].get("content")
            if isinstance(content, str):
                return content
    raise DataError(f"transcript {place} has no content")


def _labels_by_start(labels: object) -> dict[float, str]:
    """Older files keep the labels apart from the items, joined by the start time."""
    return {
        seconds(item.get("start_time"), place="speaker label", name="start_time"): label
        for item in _labelled_items(labels)
        if isinstance(label := item.get("speaker_label"), str)
    }


def _labelled_items(labels: object) -> Iterator[Mapping[str, object]]:
    segments = labels.get("segments") if isinstance(labels, Mapping) else None
    for segment in segments if isinstance(segments, list) else []:
        items = segment.get("items") if isinstance(segment, Mapping) else None
        for item in items if isinstance(items, list) else []:
            if isinstance(item, Mapping):
                yield item
