"""One real conversation in awkward shapes through ``clinic extract``: the numbers stay the same.

Formats of transcripts, channels, rates, a display turned by the camera, pictures at uneven times,
sound that starts late. Interviewer and participant are two talkers of GRID.
"""

from dataclasses import replace

import numpy as np
import pytest

import real_batch
import real_media as media
import real_transcripts as transcripts

F0 = "F0semitoneFrom27.5Hz_sma3nz_percentile50.0"
POSE = ("pose_pitch_deg_mean", "pose_yaw_deg_mean", "pose_roll_deg_mean")
LATE_S = 1.5
STEREO_HZ, NARROW_HZ = 48_000, 8_000
#: The last picture's second where the film is cut short, inside the second sentence.
FILM_END_S = 4.2


@pytest.fixture(scope="module")
def grid(shared_data):
    return shared_data / "media"


@pytest.fixture(scope="module")
def conversation(grid):
    """Clips and lines: an interviewer's sentence before each of three answers."""
    question = grid / "grid_multi_speaker" / "id2_vcd_swwp2s.mpg"
    answers = sorted((grid / "grid_speaker1").glob("*.mpg"))[:3]
    clips, lines = [], []
    for clip in answers:
        for path, alignment, speaker in (
            (question, question.with_name("swwp2s.align"), "interviewer"),
            (clip, clip.with_suffix(".align"), "participant"),
        ):
            start_s = len(clips) * media.CLIP_S
            lines.append(transcripts.line_of(alignment, start_s, speaker=speaker))
            clips.append(path)
    return clips, lines


@pytest.fixture(scope="module")
def formats(conversation, tmp_path_factory, clinic_command):
    """The conversation with its transcript in every format."""
    clips, lines = conversation
    batch = real_batch.Batch(tmp_path_factory.mktemp("formats"))
    sound = media.write_media(batch.folder / "talk.wav", sound=media.joined_sound(clips))
    for name, (suffix, write) in transcripts.FORMATS.items():
        batch.add(name, sound, transcript=write(lines), suffix=suffix)
    return batch.extract(clinic_command, "features=[turn_taking]")


@pytest.fixture(scope="module")
def shapes(grid, tmp_path_factory, clinic_command):
    """Two sentences of one talker in every shape."""
    clips = sorted((grid / "grid_speaker1").glob("*.mpg"))[:2]
    folder = tmp_path_factory.mktemp("shapes")
    batch = real_batch.Batch(folder)
    lines = [
        transcripts.line_of(clip.with_suffix(".align"), n * media.CLIP_S)
        for n, clip in enumerate(clips)
    ]
    later = [
        replace(x, words=tuple((a + LATE_S, b + LATE_S, word) for a, b, word in x.words))
        for x in lines
    ]
    words = transcripts.own_csv(lines)
    sound, film = media.joined_sound(clips), list(media.joined_film(clips))

    def add(name: str, suffix: str = ".mkv", *, spoken: str = words, roles: str = "", **how):
        path = media.write_media(folder / f"{name}{suffix}", **how)
        batch.add(name, path, transcript=spoken, roles=roles)

    add("plain", sound=sound, film=film)
    for degrees, turns in ((90, -1), (270, 1), (180, 2)):
        turned = [(time_s, np.rot90(picture, turns)) for time_s, picture in film]
        add(f"turned-{degrees}", ".mp4", film=turned, rotation=(degrees + 180) % 360 - 180)
    kept = np.sort(np.random.default_rng(0).choice(len(film), len(film) // 2, replace=False))
    add("uneven", sound=sound, film=[film[n] for n in kept])
    add("short-film", sound=sound, film=[shot for shot in film if shot[0] < FILM_END_S])
    narrow = media.resampled(sound, media.CLIP_RATE_HZ, NARROW_HZ)
    add("narrow", sound=narrow, rate_hz=NARROW_HZ)
    spoken = transcripts.own_csv(later)
    add("late", ".mov", spoken=spoken, sound=sound, sound_start_s=LATE_S, film=film)
    other = media.sound_of(grid / "grid_multi_speaker" / "id2_vcd_swwp2s.mpg")[0]
    other = media.fitted(np.tile(media.fitted(other, len(sound) // 2), 2), len(sound))
    sides = [media.resampled(x, media.CLIP_RATE_HZ, STEREO_HZ) for x in (other, sound)]
    both = np.stack([media.fitted(x, 6 * STEREO_HZ) for x in sides], axis=1)
    add("right", sound=both, rate_hz=STEREO_HZ, roles="interviewer|participant")
    add("left", sound=both, rate_hz=STEREO_HZ, roles="participant|interviewer")
    add("mixed", sound=both, rate_hz=STEREO_HZ)
    add("one-role", sound=both, rate_hz=STEREO_HZ, roles="participant")
    pieces = folder / "pieces.mpg"
    pieces.write_bytes(b"".join(clip.read_bytes() for clip in clips))
    batch.add("pieces", pieces)
    return batch.extract(clinic_command, "features=[egemaps,turn_taking,face]")


@pytest.mark.parametrize("name", transcripts.FORMATS)
def test_every_format_gives_the_same_segments(formats, conversation, name):
    segments = formats.case(name).segments
    # Vosk knows no speakers: then every turn counts, and that is said.
    told_apart = name != "vosk"
    wanted = [x for x in conversation[1] if x.speaker == "participant" or not told_apart]
    assert [s.text for s in segments] == [x.text for x in wanted]
    times = [(s.start_s, s.end_s) for s in segments]
    assert np.array(times) == pytest.approx(np.array([(x.start_s, x.end_s) for x in wanted]))
    assert {str(s.speaker) for s in segments} == {"participant" if told_apart else "unknown"}
    assert ("does not tell speakers apart" in formats.notes(name)) != told_apart
    assert formats.result(name).media.transcript_format == name


def test_answers_come_as_late_as_the_alignments_say(formats, conversation):
    lines = conversation[1]
    waits_s = [b.start_s - a.end_s for a, b in zip(lines[::2], lines[1::2], strict=True)]
    for name in transcripts.FORMATS:
        found = formats.table(name, "turn_taking").column("response_latency_s")
        assert np.isnan(found).all() if name == "vosk" else found == pytest.approx(waits_s)


def distance(shapes, one: str, other: str) -> float:
    """Median over the voice columns of the relative difference of two recordings."""
    first, second = (shapes.table(r, "egemaps").values for r in (one, other))
    return float(np.nanmedian(np.abs(first - second) / (np.abs(second) + 1e-6)))


def test_the_participant_is_heard_on_their_own_channel(shapes):
    # Both talk at the same time, so that the wrong channel, or the mix, is another voice.
    assert distance(shapes, "right", "plain") < 0.002
    assert distance(shapes, "left", "plain") > 0.1
    assert distance(shapes, "mixed", "plain") > 0.1
    assert shapes.table("right", "egemaps").column(F0) == pytest.approx(
        shapes.table("plain", "egemaps").column(F0), abs=0.05
    )


def test_fewer_roles_than_channels_fail_that_recording_alone(shapes):
    errors = shapes.summary("errors.csv")
    message = errors.loc["one-role", "message"]
    assert message == "2 audio channels, 1 roles given (channel_roles)"


@pytest.mark.parametrize("name", ["turned-90", "turned-180", "turned-270", "uneven"])
def test_the_head_is_held_the_same_however_the_pictures_are_stored(shapes, name):
    plain, other = (shapes.table(r, "face") for r in ("plain", name))
    for column in POSE:
        assert other.column(column) == pytest.approx(plain.column(column), abs=0.5)
    assert other.coverage.tolist() == [1.0, 1.0]


def test_narrow_sound_keeps_its_pitch_and_says_what_it_lost(shapes):
    narrow, plain = (shapes.table(r, "egemaps").column(F0) for r in ("narrow", "plain"))
    assert narrow == pytest.approx(plain, abs=0.3)
    assert "recorded at 8000 Hz: spectral columns hold nothing above 4 kHz" in shapes.notes(
        "narrow"
    )


def test_sound_that_starts_late_stays_late(shapes):
    assert shapes.result("late").media.duration_s == pytest.approx(2 * media.CLIP_S + LATE_S)
    assert distance(shapes, "late", "plain") < 1e-3
    late, plain = (shapes.case(r).segments for r in ("late", "plain"))
    assert [s.start_s - LATE_S for s in late] == pytest.approx([s.start_s for s in plain])
    # The pictures did not move with it: the same words now stand beside other pictures.
    poses = [shapes.table(r, "face").column(POSE[0]) for r in ("late", "plain")]
    assert not np.allclose(*poses, atol=0.5)


def test_time_without_pictures_is_no_time_with_a_face(shapes):
    segment = shapes.case("short-film").segments[1]
    share = (FILM_END_S - segment.start_s) / segment.duration_s
    assert shapes.table("short-film", "face").coverage[1] == pytest.approx(share, abs=0.1)
    checks = {check.name: check.value for check in shapes.result("short-film").quality}
    assert checks["Face visible"] == pytest.approx(100 * FILM_END_S / (2 * media.CLIP_S), abs=5)


def test_half_a_recording_is_not_dropped_with_a_note(shapes):
    assert "pieces" in shapes.summary("errors.csv").query("kind == 'DataError'").index
