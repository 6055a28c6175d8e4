"""Notices of self-harm language: shown whatever the scores are, and no prediction of anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clinic.records import SafetyNotice, Segment, Stamp, package_version
from clinic.records.english import why_not_english
from clinic.safety.phrases import PhraseGroup, plain


@dataclass(frozen=True, kw_only=True)
class SafetyScan:
    """What was found, and what a reader must know about the search.

    Args:
        notices: In order of time.
        notes: Whether the words were checked at all, and how far that goes.
    """

    notices: tuple[SafetyNotice, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SelfHarmLanguage:
    """Finds phrases about suicide and self-harm in the participant's words.

    Everything found is shown, also when negated ("I never thought of killing myself"), past, or
    about another person: which it is, is for the reader of the quotation to judge. Finding
    nothing says nothing about risk.

    Args:
        groups: Phrases by name.
        languages: Primary language subtags for which the phrases are made, such as ``en``.
        assumed_language: Taken when nobody said which language is spoken, and noted.
    """

    groups: Mapping[str, PhraseGroup]
    languages: tuple[str, ...]
    assumed_language: str

    def stamp(self) -> Stamp:
        """Provenance with all phrases."""
        return Stamp(
            component="clinic.safety.self_harm.SelfHarmLanguage",
            version=package_version("clinic-screening"),
            settings={
                "groups": {
                    name: {"patterns": list(g.patterns), "unless": list(g.unless)}
                    for name, g in self.groups.items()
                },
                "languages": list(self.languages),
                "assumed_language": self.assumed_language,
            },
        )

    def notices(self, segments: Sequence[Segment], language: str | None) -> SafetyScan:
        """Search the words of each segment, and across the border to the next one.

        Args:
            language: BCP 47 tag of the recording, or None where nobody said. Words that then do
                not look like English count as not checked; a phrase that stands in them is
                shown all the same, as the guess may be wrong.
        """
        spoken = [s for s in segments if s.text and s.text.strip()]
        if not spoken:
            return SafetyScan(
                notices=(), notes=("Self-harm language was not checked: no transcript.",)
            )
        primary = (language or self.assumed_language).replace("_", "-").split("-")[0].lower()
        if primary not in self.languages:
            return SafetyScan(
                notices=(),
                notes=(
                    f"Self-harm language was NOT checked: the language is {language}, phrases "
                    f"exist for {', '.join(self.languages)} only.",
                ),
            )
        notices = [notice for segment in spoken for notice in self._within(segment)]
        for first, second in pairwise(spoken):
            notices += self._across(first, second)
        notices.sort(key=lambda n: (n.start_s, n.end_s, n.phrase))
        doubt = None
        if language is None and primary == "en":
            doubt = why_not_english(segment.text or "" for segment in spoken)
        if doubt is not None:
            found = " What was found in them is shown." if notices else ""
            note = f"Self-harm language was NOT checked: {doubt} (assumed_language).{found}"
            return SafetyScan(notices=tuple(notices), notes=(note,))
        return SafetyScan(
            notices=tuple(notices), notes=self._notes(language, len(spoken), len(segments), notices)
        )

    def _within(self, segment: Segment) -> list[SafetyNotice]:
        text = segment.text or ""
        return [
            SafetyNotice(
                start_s=segment.start_s,
                end_s=segment.end_s,
                quote=text.strip(),
                phrase=f"{group.label}: {', '.join(found)}",
            )
            for group, found in self._find(plain(text))
        ]

    def _across(self, first: Segment, second: Segment) -> list[SafetyNotice]:
        """Find a phrase that a transcript cut in two: "I want to" / "kill myself"."""
        before, after = plain(first.text or ""), plain(second.text or "")
        alone = {
            (group.label, words)
            for text in (before, after)
            for group, found in self._find(text)
            for words in found
        }
        notices = []
        for group, found in self._find(f"{before} {after}"):
            new = [words for words in found if (group.label, words) not in alone]
            # A longer wording of what one half says already is no second notice.
            new = [w for w in new if not any(g == group.label and a in w for g, a in alone)]
            if new:
                notices.append(
                    SafetyNotice(
                        start_s=min(first.start_s, second.start_s),
                        end_s=max(first.end_s, second.end_s),
                        quote=f"{(first.text or '').strip()} / {(second.text or '').strip()}",
                        phrase=f"{group.label}: {', '.join(new)}",
                    )
                )
        return notices

    def _find(self, text: str) -> list[tuple[PhraseGroup, tuple[str, ...]]]:
        hits = [(group, group.find(text)) for group in self.groups.values()]
        return [(group, found) for group, found in hits if found]

    def _notes(
        self,
        language: str | None,
        n_spoken: int,
        n_segments: int,
        notices: Sequence[SafetyNotice],
    ) -> tuple[str, ...]:
        notes = []
        if language is None:
            notes.append(
                "The language of the recording is not given: self-harm language was looked for "
                f"as {self.assumed_language} (assumed_language)."
            )
        if n_spoken < n_segments:
            notes.append(
                f"Self-harm language was checked in {n_spoken} of {n_segments} segments: "
                "the others have no words."
            )
        if notices:
            notes.append(
                "Mentions of self-harm are shown also when they are negated, past or about "
                "someone else."
            )
        else:
            notes.append(
                "No listed phrase of self-harm was found. This says nothing about risk: people "
                "speak of it in other words, or not at all."
            )
        return tuple(notes)
