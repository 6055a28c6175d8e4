"""Render one simulated interview: media, transcript and the truth behind them."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Role
from clinic.simulate.appearance import draw_look
from clinic.simulate.checks import need, need_group, need_number, need_whole
from clinic.simulate.expression import FaceTracks, drive_face
from clinic.simulate.face_mesh import AU_NAMES, load_face_model
from clinic.simulate.face_render import FaceRenderer
from clinic.simulate.media import MediaSettings, write_mp4
from clinic.simulate.people import Participant, Population, Trait, draw_participant, stream
from clinic.simulate.script import Conflicts, write_script
from clinic.simulate.soundtrack import Soundtrack, Speaking, SpokenTurn, speak_script

STATEMENT = "Simulated, no real person: text, voice and face are made by a program."


@dataclass(frozen=True, kw_only=True)
class InterviewSimulator:
    """Everything that decides how interviews are made; one participant comes in the call.

    Args:
        seed: The same seed and settings make the same interviews.
        n_topics: Answers in each interview.
        population: Spread of severities.
        effects: How much symptoms move each habit.
        voices: espeak variants per sex.
        speaking: Prosody.
        conflicts: How many moments of disagreement are planted.
        media: Size and quality of the files.
        au_gain: What AU intensity 1 is multiplied with before it moves the mesh.
    """

    seed: int
    n_topics: int
    population: Population
    effects: Mapping[str, Trait]
    voices: Mapping[str, Sequence[str]]
    speaking: Speaking
    conflicts: Conflicts
    media: MediaSettings
    au_gain: float

    def __post_init__(self) -> None:
        """Raise SetupError for a value out of range or a group given as a word."""
        need_whole(self.seed, "seed", 0)
        need_whole(self.n_topics, "n_topics", 1)
        need_number(self.au_gain, "au_gain", 0)
        need_group(self.population, Population, "population", "balanced")
        need_group(self.effects, Mapping, "effects", "published")
        need_group(self.speaking, Speaking, "speaking", "default")
        need_group(self.media, MediaSettings, "media", "small")
        for sex in ("female", "male"):
            need(bool(self.voices.get(sex)), self.voices, f"a voice for {sex}", "voices")

    def participant(self, index: int) -> Participant:
        """Draw participant number ``index``, from 1."""
        return draw_participant(
            index,
            seed=self.seed,
            population=self.population,
            effects=self.effects,
            voices=self.voices,
        )

    def perform(self, person: Participant) -> tuple[Soundtrack, FaceTracks]:
        """Return what one participant says and shows, before anything is rendered."""
        script = write_script(
            person,
            n_topics=self.n_topics,
            conflicts=self.conflicts,
            random=stream(self.seed, person.index, "script"),
        )
        sound = speak_script(
            person, script, self.speaking, stream(self.seed, person.index, "voice")
        )
        tracks = drive_face(
            person,
            sound,
            rate_hz=self.media.frame_rate_hz,
            random=stream(self.seed, person.index, "face"),
        )
        return sound, tracks

    def renderer(self, person: Participant) -> FaceRenderer:
        """Return the renderer of one participant's face."""
        return FaceRenderer(
            load_face_model(),
            draw_look(person, self.seed),
            width_px=self.media.width_px,
            height_px=self.media.height_px,
            gain=self.au_gain,
        )

    def render(self, person: Participant, media: Path, transcript: Path, truth: Path) -> None:
        """Write the three files of one interview.

        Raises:
            SetupError: The synthesiser or the mesh model is missing.
        """
        sound, tracks = self.perform(person)
        write_mp4(
            media,
            _frames(self.renderer(person), tracks),
            sound.mixed(self.media.n_channels),
            sound.sampling_rate_hz,
            self.media,
        )
        write_transcript(transcript, sound.turns)
        text = json.dumps(_truth(person, sound, tracks), indent=1, ensure_ascii=False)
        truth.write_text(text, encoding="utf-8")


def _frames(renderer: FaceRenderer, tracks: FaceTracks) -> Iterator[NDArray[np.uint8]]:
    for index in range(len(tracks.time_s)):
        yield renderer.frame(tracks.intensities[index], tracks.pose(index))


def write_transcript(path: Path, turns: Sequence[SpokenTurn]) -> None:
    """Write start_s, end_s, speaker and text of every turn as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["start_s", "end_s", "speaker", "text"])
        for turn in turns:
            writer.writerow([f"{turn.start_s:.3f}", f"{turn.end_s:.3f}", turn.speaker, turn.text])


def _truth(person: Participant, sound: Soundtrack, tracks: FaceTracks) -> dict[str, Any]:
    """What was planted, in plain JSON values."""
    return {
        "statement": STATEMENT,
        "recording_id": person.recording_id,
        "participant": {
            **asdict(person),
            "depression": person.depression,
            "ptsd": person.ptsd,
            "participant_id": person.participant_id,
        },
        "duration_s": round(sound.duration_s, 4),
        "gain_db": round(sound.gain_db, 3),
        "utterances": [_utterance(turn) for turn in sound.turns],
        "conflicts": [
            {"kind": t.answer.conflict, "start_s": round(t.start_s, 3), "end_s": round(t.end_s, 3)}
            for t in sound.turns
            if t.answer is not None and t.answer.conflict is not None
        ],
        "face": {
            "time_s": _rounded(tracks.time_s),
            "au": {n: _rounded(tracks.intensities[:, i]) for i, n in enumerate(AU_NAMES)},
            "head_deg": {
                n: _rounded(tracks.head_deg[:, i]) for i, n in enumerate(("pitch", "yaw", "roll"))
            },
            "gaze_deg": {
                n: _rounded(tracks.gaze_deg[:, i]) for i, n in enumerate(("down", "side"))
            },
        },
    }


def _utterance(turn: SpokenTurn) -> dict[str, Any]:
    out: dict[str, Any] = {
        "start_s": round(turn.start_s, 4),
        "end_s": round(turn.end_s, 4),
        "speaker": str(turn.speaker),
        "topic": turn.topic,
        "text": turn.text,
        "prosody": {
            k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(turn.prosody).items()
        },
        "chunks_s": [[round(a, 4), round(b, 4)] for a, b in turn.chunks_s],
    }
    if turn.answer is not None and turn.speaker is Role.PARTICIPANT:
        answer = turn.answer
        out["latency_s"] = round(turn.latency_s or 0.0, 4)
        out["planted"] = {
            "words_valence": answer.words_valence,
            "voice_arousal": round(answer.voice_arousal, 4),
            "face_valence": round(answer.face_valence, 4),
            "conflict": answer.conflict,
            "ambivalence": answer.ambivalence,
            "startle": answer.startle,
        }
    return out


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 3) for value in values]
