"""Who spoke when: the gap between question and answer, and speaking at the same time."""

from collections.abc import Sequence

from clinic.records import Role, Segment, Transcript


class Turns:
    """The two speakers' turns of one transcript."""

    def __init__(self, transcript: Transcript) -> None:
        said = transcript.utterances
        self._asked = [(u.start_s, u.end_s) for u in said if u.speaker is Role.INTERVIEWER]
        self._answered = [(u.start_s, u.end_s) for u in said if u.speaker is Role.PARTICIPANT]
        self._asked_once = _merged(self._asked)

    def response_latency_s(self, segment: Segment) -> float:
        """Return the time from the interviewer's last word to the segment's first.

        Negative where the answer starts before the question ends (floor transfer offset).
        NaN where the participant was speaking last, nobody asked, or the segment lies inside
        the interviewer's turn (a "mm-hm").

        Source:
            Heldner & Edlund (2010), doi:10.1016/j.wocn.2010.08.002.
        """
        asked = [turn for turn in self._asked if turn[0] <= segment.start_s]
        if not asked:
            return float("nan")
        question_start_s = asked[-1][0]
        question_end_s = max(end_s for _, end_s in asked)
        spoke_since = any(question_start_s < start_s for start_s, _ in self._earlier(segment))
        if spoke_since or question_end_s >= segment.end_s:
            return float("nan")
        return segment.start_s - question_end_s

    def own_gap_s(self, segment: Segment) -> float:
        """Return the silence since the participant's own last words, nobody else speaking.

        NaN for the first words, where the interviewer spoke in between, and where the segment
        goes on with the same utterance.
        """
        earlier = self._earlier(segment)
        if not earlier:
            return float("nan")
        stopped_s = max(end_s for _, end_s in earlier)
        was_asked = any(
            start_s < segment.start_s and end_s > stopped_s for start_s, end_s in self._asked
        )
        if was_asked or stopped_s >= segment.start_s:
            return float("nan")
        return segment.start_s - stopped_s

    def _earlier(self, segment: Segment) -> list[tuple[float, float]]:
        """Return the participant's utterances that began before the segment."""
        # 1 ms: an utterance and the segment cut from it start at the same time.
        return [turn for turn in self._answered if turn[0] < segment.start_s - 1e-3]

    def overlap_share(self, segment: Segment) -> float:
        """Return the share of the segment during which the interviewer speaks as well."""
        shared_s = sum(
            max(0.0, min(end_s, segment.end_s) - max(start_s, segment.start_s))
            for start_s, end_s in self._asked_once
        )
        return min(1.0, shared_s / segment.duration_s)

    def starts_in_overlap(self, segment: Segment) -> bool:
        """Tell whether the interviewer is speaking when the segment starts."""
        return any(start_s < segment.start_s < end_s for start_s, end_s in self._asked_once)


def _merged(turns: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join overlapping turns, so that no time counts twice; turns come in order of start."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in turns:
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return joined
