"""A real session of 72 s: clips of one talker joined, words and all, through ``clinic extract``.

The talker's words are known from GRID's alignments, so that time can be checked three ways: where
the words stand, where their sound is, and where their pictures are.
"""

from itertools import pairwise

import numpy as np
import pytest

import real_batch
import real_media as media
import real_transcripts as transcripts

POSE = ("pose_pitch_deg_mean", "pose_yaw_deg_mean", "pose_roll_deg_mean")
#: Clips that are also extracted alone: one from the beginning, one late.
ALONE = (1, 22)
SIBILANTS = ("six", "seven", "soon", "s")


@pytest.fixture(scope="module")
def clips(shared_data):
    """The 24 clips of one talker, in the order of the session."""
    found = sorted((shared_data / "media" / "grid_speaker1").glob("*.mpg"))
    assert len(found) == 24
    return found


@pytest.fixture(scope="module")
def lines(clips):
    """What the talker says, with times on the clock of the session of all clips."""
    return [
        transcripts.line_of(clip.with_suffix(".align"), number * media.CLIP_S)
        for number, clip in enumerate(clips)
    ]


@pytest.fixture(scope="module")
def talker(clips, lines, tmp_path_factory, clinic_command):
    """The session and two of its clips alone; features of every kind."""
    folder = tmp_path_factory.mktemp("talker")
    batch = real_batch.Batch(folder)
    session = media.write_media(
        folder / "session.mkv", sound=media.joined_sound(clips), film=media.joined_film(clips)
    )
    whisperx = transcripts.whisperx(lines)
    batch.add("session", session, transcript=whisperx, suffix=".json", participant="s1")
    for number in ALONE:
        line = transcripts.line_of(clips[number].with_suffix(".align"), 0.0)
        spoken = transcripts.own_csv([line])
        batch.add(f"alone-{number}", clips[number], transcript=spoken, participant="s1")
    return batch.extract(clinic_command, "keep_frames=true")


def test_features_are_stored_and_no_severity(talker):
    assert talker.exit_code == 0, talker.output
    assert set(talker.summary()["status"]) == {"features only"}
    assert talker.result("session").estimates == ()


def test_each_sentence_is_a_segment_at_its_time(talker, lines):
    segments = talker.case("session").segments
    assert [s.text for s in segments] == [line.text for line in lines]
    assert [s.start_s for s in segments] == pytest.approx([line.start_s for line in lines])
    assert [s.end_s for s in segments] == pytest.approx([line.end_s for line in lines])
    assert {str(s.speaker) for s in segments} == {"participant"}


def test_words_lie_where_their_sound_is(talker, lines):
    frames = talker.frames("session", "egemaps_frames")
    brightness = frames.column("alphaRatio_sma3")

    def mean_db(start_s: float, end_s: float) -> float:
        return float(brightness[(frames.start_s >= start_s) & (frames.start_s < end_s)].mean())

    def contrasts_db(shift_s: float) -> np.ndarray:
        """An s at the beginning of a word against the vowel and l of "blue" in its sentence."""
        found = []
        for line in lines:
            blue = next((a, b) for a, b, word in line.words if word == "blue")
            for start_s, end_s, word in line.words:
                if word in SIBILANTS:
                    hiss = mean_db(start_s + shift_s, (start_s + end_s) / 2 + shift_s)
                    found.append(hiss - mean_db(blue[0] + shift_s, blue[1] + shift_s))
        return np.array(found)

    assert len(contrasts_db(0.0)) == 16
    assert contrasts_db(0.0).min() > 2
    assert (contrasts_db(0.2) > 2).mean() < 0.5, "a test that a shift of 0.2 s passes is none"


def test_each_sentence_is_as_loud_as_its_stretch_of_sound(talker, clips, lines):
    sound, rate_hz = media.joined_sound(clips), media.CLIP_RATE_HZ
    spans = [(round(x.start_s * rate_hz), round(x.end_s * rate_hz)) for x in lines]
    powers = np.array([np.mean(np.square(sound[first:last])) for first, last in spans])
    levels_db = talker.table("session", "egemaps").column("equivalentSoundLevel_dBp")
    assert levels_db == pytest.approx(10 * np.log10(powers), abs=0.1)


def test_the_face_of_a_sentence_is_that_of_its_pictures(talker, lines):
    frames, table = talker.frames("session", "face"), talker.table("session", "face")
    for row, line in enumerate(lines):
        inside = (frames.start_s >= line.start_s) & (frames.start_s < line.end_s)
        for column in POSE:
            own = frames.column(column.removesuffix("_mean"))[inside].mean()
            assert table.column(column)[row] == pytest.approx(own)


@pytest.mark.parametrize("number", ALONE)
def test_a_sentence_measures_the_same_alone_and_in_the_session(talker, number):
    for name in ("egemaps", "sentence_embedding"):
        alone, session = (talker.table(r, name).values for r in (f"alone-{number}", "session"))
        assert np.array_equal(np.isnan(alone[0]), np.isnan(session[number]))
        always = np.isfinite(session).all(axis=0)
        distance = np.abs(session - alone)[:, always] / session[:, always].std(axis=0)
        # Not the maximum: openSMILE's slopes of loudness jump where a rounding moves a peak.
        most = np.quantile(distance, 0.9, axis=1)
        assert most[number] < 0.1, name
        assert np.delete(most, number).min() > 1, "each sentence differs from all others"
    alone, session = (talker.table(r, "face") for r in (f"alone-{number}", "session"))
    for column in POSE:
        assert session.column(column)[number] == pytest.approx(alone.column(column)[0], abs=1.0)


def test_rates_and_pauses_follow_the_alignment(talker, lines):
    table = talker.table("session", "turn_taking")
    lengths_s = np.array([line.end_s - line.start_s for line in lines])
    gaps_s = [b.start_s - a.end_s for a, b in pairwise(lines)]
    assert table.column("words_per_s") == pytest.approx(6 / lengths_s)
    assert table.column("pause_before_s")[1:] == pytest.approx(gaps_s)
    assert np.isnan(table.column("pause_before_s")[0])


#: Columns that come from the words alone or need a contrast, talk of change, or clear apexes.
BY_THEMSELVES = {
    *("two_sided", "change_and_sustain", "stance_shift", "feeling_turn", "feeling_turn_bits"),
    *("hesitancy", "ambivalence", "expression_out_of_step"),
}


def test_a_session_of_all_modalities_has_its_inconsistency(talker):
    table = talker.table("session", "inconsistency")
    compared = [name for name in table.columns if name not in BY_THEMSELVES]
    assert len(compared) == len(table.columns) - len(BY_THEMSELVES) > 15
    for name in compared:
        assert np.isfinite(table.column(name)).all(), name
    assert np.isnan(table.column("feeling_turn")).all()  # "bin blue at f two now" holds no but
    assert talker.absent("session") == {}
    # A clip alone has one segment, and no usual of its own to stand out from.
    alone = talker.table("alone-1", "inconsistency")
    assert all(np.isnan(alone.column(name)).all() for name in compared)
    assert "8 needed (min_segments)" in talker.notes("alone-1")


def test_a_second_run_keeps_everything(talker, clinic_command):
    before = {path: path.stat().st_mtime_ns for path in talker.out.glob("*/result.json")}
    folder = talker.out.parent
    done = clinic_command(
        "extract", folder, "--out", talker.out, "--workers", 0, "keep_frames=true"
    )
    assert "0 done, 3 kept, 0 failed" in done.output
    assert {path: path.stat().st_mtime_ns for path in before} == before
