"""Real recordings through ``clinic extract``: stored features and absences, never a severity.

The people are those of ../shared/data/SOURCES.md. Pitch and pose are compared with Praat and
OpenFace; what a modality cannot show must be said.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import real_batch
import real_media as media

F0 = "F0semitoneFrom27.5Hz_sma3nz_percentile50.0"
POSE = ("pose_pitch_deg_mean", "pose_yaw_deg_mean", "pose_roll_deg_mean")
JFK = [
    (0.3, 2.3, "And so my fellow Americans"),
    (3.2, 7.7, "ask not what your country can do for you"),
    (8.1, 10.8, "ask what you can do for your country"),
]


@pytest.fixture(scope="module")
def people(shared_data, tmp_path_factory, clinic_command):
    """Everybody in one batch."""
    folder = tmp_path_factory.mktemp("people")
    batch, real = real_batch.Batch(folder), shared_data / "media"
    speech = real / "speech" / "jfk.flac"
    rows = "".join(f"{start_s},{end_s},participant,{text}\n" for start_s, end_s, text in JFK)
    batch.add("jfk", speech)
    batch.add("jfk-words", speech, transcript="start_s,end_s,speaker,text\n" + rows)
    for name in ("baseline", "not_expressive"):
        source = real / "openwillis" / f"{name}.mp4"
        mute = media.without_sound(source, folder / f"{name}.mp4")
        batch.add(name.replace("_", "-"), mute)
    batch.add("room-noise", real / "openwillis" / "baseline.mp4")
    batch.add("muted-track", real / "pyfeat" / "WolfgangLanger_Pexels.mp4")
    for name in ("single_face.mp4", "no_face.mp4", "face_noface.mov", "noface_face.mov"):
        batch.add(name.partition(".")[0], real / "pyfeat" / name)
    for name in ("pyfeat/multi_face", "pyfeat/free-mountain-vector-01"):
        film = media.film_of_still(real / f"{name}.jpg")
        recording_id = name.rpartition("/")[2]
        batch.add(recording_id, media.write_media(folder / f"{recording_id}.mp4", film=film))
    for number in (1, 2):
        batch.add(f"subj0{number}", real / "opendbm" / f"subj0{number}_timepoint01.mp4")
    features = "features=[egemaps,turn_taking,face,lexical]"
    return batch.extract(clinic_command, features, "keep_frames=true")


def openface(shared_data: Path, subject: str) -> pd.DataFrame:
    name = f"{subject}_timepoint01"
    folder = shared_data / "opendbm_outputs" / "sample_output" / "raw_variables" / name
    return pd.read_csv(folder / f"{name}_openface" / f"{name}.csv", skipinitialspace=True)


def praat_pitch_hz(shared_data: Path, subject: str, start_s: float, end_s: float) -> pd.Series:
    """Pitch of the voiced milliseconds of a stretch."""
    name = f"{subject}_timepoint01"
    folder = shared_data / "opendbm_outputs" / "sample_output" / "raw_variables" / name
    table = pd.read_csv(next((folder / "acoustic" / "pitch").glob("*.csv")))
    inside = (table["Frames"] >= start_s * 1000) & (table["Frames"] < end_s * 1000)
    return table["aco_ff"][inside & (table["aco_ff"] > 0)]


def test_nobody_fails_and_nobody_is_given_a_severity(people):
    assert people.exit_code == 0, people.output
    table = people.summary()
    assert set(table["status"]) == {"features only"}
    assert table["model"].isna().all()
    assert not [c for c in table if c.startswith(("depression", "ptsd", "ambivalence"))]
    for recording_id in table.index:
        result = people.result(recording_id)
        assert result.estimates == result.explanations == ()
        assert result.model is None


@pytest.mark.parametrize("recording_id", ["baseline", "not-expressive"])
def test_a_silent_video_lacks_voice_and_text_and_says_so(people, recording_id):
    absent = people.absent(recording_id)
    assert absent.keys() == {"text", "voice"}
    assert "no transcript" in absent["text"] and "no audio stream" in absent["voice"]
    for name in ("egemaps", "turn_taking", "lexical"):
        table = people.table(recording_id, name)
        assert np.isnan(table.values).all() and not table.coverage.any()
    assert people.table(recording_id, "face").coverage == pytest.approx([1.0])
    assert "was not checked: no transcript" in people.notes(recording_id)


@pytest.mark.parametrize("recording_id", ["room-noise", "muted-track"])
def test_a_sound_track_without_voice_is_no_voice(people, recording_id):
    assert {s.origin for s in people.case(recording_id).segments} == {"window"}
    assert "voice" in people.absent(recording_id)
    assert np.isnan(people.table(recording_id, "egemaps").column(F0)).all()


def test_sound_alone_lacks_the_face_and_says_so(people):
    assert people.absent("jfk").keys() == {"text", "face"}
    assert people.absent("jfk-words").keys() == {"face"}
    for recording_id in ("jfk", "jfk-words"):
        assert "no video stream" in people.absent(recording_id)["face"]
        assert np.isnan(people.table(recording_id, "face").values).all()
    assert "segments by voice activity" in people.notes("jfk")
    assert people.table("jfk-words", "lexical").column("n_words").sum() == 22
    # The famous pause, 2.3 to 3.2 s and about, lies in no stretch of voice.
    assert not [s for s in people.case("jfk").segments if s.start_s < 2.75 < s.end_s]


def test_the_smile_rises_with_the_cheeks(people):
    frames = people.frames("single_face", "face")
    for unit in ("AU12", "AU06"):
        values = frames.column(unit)
        assert np.median(values[frames.start_s > 1.0]) - np.median(values[:5]) > 0.4
    assert np.corrcoef(frames.column("AU12"), frames.column("AU06"))[0, 1] > 0.9


@pytest.mark.parametrize("recording_id", ["face_noface", "noface_face"])
def test_a_face_is_seen_in_its_72_pictures_and_in_no_other(people, shared_data, recording_id):
    times_s = media.picture_times_s(shared_data / "media" / "pyfeat" / f"{recording_id}.mov")
    shown = times_s[:72] if recording_id == "face_noface" else times_s[-72:]
    frames = people.frames(recording_id, "face")
    seen = frames.start_s[frames.column("face_found") == 1]
    assert len(times_s) == 169
    assert (seen[0], seen[-1]) == pytest.approx((shown[0], shown[-1]), abs=0.1)
    assert len(seen) == pytest.approx(10 * (shown[-1] - shown[0]), abs=1.5)
    assert np.isnan(frames.column("AU12")[frames.column("face_found") == 0]).all()


@pytest.mark.parametrize("recording_id", ["no_face", "free-mountain-vector-01"])
def test_no_face_is_an_absent_face(people, recording_id):
    assert people.absent(recording_id)["face"].startswith("no face found in ")
    assert np.isnan(people.table(recording_id, "face").values).all()


def test_five_faces_are_said_and_nobody_is_measured(people):
    assert "second face" in people.notes("multi_face")
    assert "max_crowded_share" in people.absent("multi_face")["face"]
    assert np.isnan(people.table("multi_face", "face").values).all()


@pytest.mark.parametrize("recording_id", ["subj01", "subj02"])
def test_head_pose_agrees_with_openface(people, shared_data, recording_id):
    theirs = openface(shared_data, recording_id)
    table = people.table(recording_id, "face")
    inside = theirs["timestamp"].between(table.start_s[0], table.end_s[0])
    angles = np.degrees(theirs.loc[inside, ["pose_Rx", "pose_Ry", "pose_Rz"]].mean())
    ours = [table.column(column)[0] for column in POSE]
    assert ours == pytest.approx(angles.tolist(), abs=5.0)


def test_posed_sadness_lowers_the_brow_and_shows_no_smile(people, shared_data):
    for recording_id in ("subj01", "subj02"):
        table = people.table(recording_id, "face")
        frown, cheeks, smile = (table.column(f"AU{n}_mean")[0] for n in ("04", "06", "12"))
        assert frown > 0.15 and max(cheeks, smile) < 0.05
        theirs = openface(shared_data, recording_id)
        assert theirs["AU04_r"].mean() > 1.0 > theirs["AU12_r"].mean()


def test_pitch_agrees_with_praat(people, shared_data):
    table = people.table("subj02", "egemaps")
    (start_s,), (end_s,) = table.start_s, table.end_s
    theirs = praat_pitch_hz(shared_data, "subj02", start_s, end_s)
    assert table.column(F0)[0] == pytest.approx(12 * np.log2(theirs.median() / 27.5), abs=1.0)
    # Praat finds 27 voiced milliseconds of 5231 here: there is no pitch to speak of.
    assert len(praat_pitch_hz(shared_data, "subj01", 0, 10)) == 27
    assert np.isnan(people.table("subj01", "egemaps").column(F0)).all()
    assert "no voice in" in people.absent("subj01")["voice"]


def test_what_was_not_looked_for_is_no_zero_in_the_table(people):
    row = people.summary().loc["baseline"]
    assert pd.isna(row["n_safety_notices"]) and pd.isna(row["n_inconsistency_moments"])


def test_outputs_name_no_folder_of_this_machine(people):
    for path in people.out.rglob("*.json"):
        assert str(people.out.parent) not in path.read_text(encoding="utf-8")
