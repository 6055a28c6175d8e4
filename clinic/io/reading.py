"""A manifest entry as a Recording: media looked over, transcript checked, repairs said."""

from dataclasses import dataclass

from clinic.errors import DataError
from clinic.io.atomic import sha256_of
from clinic.io.limits import MediaLimits
from clinic.io.manifest import ManifestEntry
from clinic.io.media import Media, open_media
from clinic.io.transcripts import TranscriptReader
from clinic.records import Recording, Transcript


@dataclass(frozen=True, kw_only=True)
class RecordingReader:
    """Reads one recording; media stay on disk and are decoded when a stage asks.

    Args:
        transcripts: How transcripts are read.
        min_duration_s: Shorter recordings, or shorter sound, fail.
        max_duration_s, max_frame_px, max_frame_rate_hz, max_expansion, max_lost_share,
            max_gap_share, decoder_threads: See ``MediaLimits``.
    """

    transcripts: TranscriptReader
    min_duration_s: float
    max_duration_s: float
    max_frame_px: int
    max_frame_rate_hz: float
    max_expansion: float
    max_lost_share: float
    max_gap_share: float
    decoder_threads: int = 0

    def read(self, entry: ManifestEntry) -> Recording:
        """Read one entry.

        Raises:
            DataError: The entry's own problem; a medium that is missing, empty, of no known
                format, cut short, damaged, too short or over a limit; channel roles that do
                not fit; a transcript that cannot be read or belongs to another recording.
        """
        if entry.problem is not None:
            raise DataError(entry.problem)
        if entry.media_path is None:
            raise DataError("the manifest names no media file (media_path)")
        media = open_media(entry.media_path, self.limits)
        self._require_length(media)
        _require_channels(entry, media)
        repairs = [*entry.notes, *media.repairs]
        transcript = self._transcript(entry, media.duration_s, repairs)
        try:
            sha256 = sha256_of(entry.media_path)
        except OSError as error:
            raise DataError(f"media file cannot be read: {error.strerror}") from error
        language = entry.language or (transcript.language if transcript else None)
        return Recording(
            recording_id=entry.recording_id,
            participant_id=entry.participant_id,
            sha256=sha256,
            duration_s=media.duration_s,
            audio=media.audio,
            video=media.video,
            transcript=transcript,
            language=language,
            channel_roles=entry.channel_roles if media.audio is not None else (),
            visit_date=entry.visit_date,
            repairs=tuple(repairs),
        )

    @property
    def limits(self) -> MediaLimits:
        """Caps on the media."""
        return MediaLimits(
            max_duration_s=self.max_duration_s,
            max_frame_px=self.max_frame_px,
            max_frame_rate_hz=self.max_frame_rate_hz,
            max_expansion=self.max_expansion,
            max_lost_share=self.max_lost_share,
            max_gap_share=self.max_gap_share,
            decoder_threads=self.decoder_threads,
        )

    def _transcript(
        self, entry: ManifestEntry, duration_s: float, repairs: list[str]
    ) -> Transcript | None:
        if not entry.transcript_paths:
            return None
        found = self.transcripts.read(
            entry.transcript_paths,
            duration_s=duration_s,
            language=entry.language,
            participant_speaker=entry.participant_speaker,
        )
        repairs += found.notes
        return found.transcript

    def _require_length(self, media: Media) -> None:
        for kind, track in (("audio", media.audio), ("video", media.video)):
            if track is not None and track.duration_s < self.min_duration_s:
                raise DataError(
                    f"{track.duration_s:.2f} s of {kind}, at least {self.min_duration_s:g} s "
                    "needed (min_duration_s)"
                )


def _require_channels(entry: ManifestEntry, media: Media) -> None:
    if not entry.channel_roles or media.audio is None:
        return
    if len(entry.channel_roles) != media.audio.n_channels:
        raise DataError(
            f"{media.audio.n_channels} audio channels, {len(entry.channel_roles)} roles given "
            "(channel_roles)"
        )
