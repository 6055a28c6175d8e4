"""The whole component: on pictures without a face, and on open media with reference values."""

from dataclasses import replace

import numpy as np
import pytest

from clinic.errors import DataError, SetupError
from clinic.records import AudioBlock, Recording

NOTHING = np.full((120, 160, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def pictures(shared_data):
    """Open stills by name, RGB."""
    import cv2

    def read(name: str) -> np.ndarray:
        return np.ascontiguousarray(cv2.imread(str(shared_data / "media" / name))[:, :, ::-1])

    return read


def test_no_face_is_a_table_of_nan_and_a_note(shipped_face, still_video, spans):
    found = shipped_face.extract(still_video(NOTHING, 12), spans([(0, 0.6), (0.6, 1.2)]))
    assert np.isnan(found.segments.values).all()
    assert found.segments.coverage.tolist() == [0, 0]
    assert found.frames.coverage.tolist() == [0] * 12
    assert found.frames.column("face_found").tolist() == [0] * 12
    assert found.segments.notes == ("no face found in 12 sampled frames",)


def test_no_video_and_no_frame_are_data_errors(shipped_face, still_video, spans):
    with pytest.raises(DataError, match="r-0001: 0 frames decoded, 1 needed"):
        shipped_face.extract(still_video(NOTHING, 0), spans([(0, 1)]))
    silent = still_video(NOTHING, 1)
    without = Recording(
        recording_id="r-0002",
        participant_id="p-0001",
        sha256="0" * 64,
        duration_s=1.0,
        audio=_NoSound(),
        video=None,
    )
    assert silent.video is not None
    with pytest.raises(DataError, match="r-0002: no video"):
        shipped_face.extract(without, spans([(0, 1)]))


def test_nothing_is_written_to_the_terminal(shipped_face, still_video, spans, capfd):
    shipped_face.extract(still_video(NOTHING, 2), spans([(0, 1)]))
    assert capfd.readouterr() == ("", "")


def test_columns_are_known_before_anything_is_read(shipped_face, still_video, spans):
    found = shipped_face.extract(still_video(NOTHING, 2), spans([(0, 1)]))
    assert found.segments.specs == shipped_face.specs()
    assert found.segments.name == shipped_face.name == "face"


def test_stamp_follows_every_setting(shipped_face):
    other = replace(shipped_face, solver=replace(shipped_face.solver, ridge_mm2=0.7))
    assert other.stamp().digest != shipped_face.stamp().digest
    assert shipped_face.stamp().settings["tracker.rate_hz"] == 10.0
    assert "Apache-2.0" in shipped_face.stamp().licence


def test_the_smile_in_the_reference_video(shipped_face, open_video, spans, shared_data):
    video = open_video(shared_data / "media" / "pyfeat" / "single_face.mp4")
    found = shipped_face.extract(video, spans([(0.0, 0.5), (1.0, 2.0)]))
    neutral, smile = found.segments.column("AU12_mean")
    assert neutral < 0.3 and smile > 0.7
    neutral, smile = found.segments.column("AU06_mean")
    assert neutral < 0.2 and smile > 0.6
    assert found.segments.column("smile_share").tolist() == [0.0, 1.0]
    assert found.segments.coverage.tolist() == [1.0, 1.0]
    assert any("min_observed_s" in note for note in found.segments.notes)


@pytest.mark.parametrize("name", ["subj01_timepoint01", "subj02_timepoint01"])
def test_posed_sadness_lowers_the_brow_without_a_smile(
    shipped_face, open_video, spans, shared_data, name
):
    video = open_video(shared_data / "media" / "opendbm" / f"{name}.mp4")
    found = shipped_face.extract(video, spans([(0, 5)]))
    assert found.segments.column("AU04_mean")[0] > 0.3
    assert found.segments.column("AU12_mean")[0] < 0.1
    assert found.segments.column("felt_smile_share")[0] == 0.0


def test_head_pitch_and_blinks_agree_with_openface(shipped_face, open_video, spans, shared_data):
    import pandas as pd

    name = "subj01_timepoint01"
    outputs = shared_data / "opendbm_outputs" / "sample_output" / "raw_variables" / name
    theirs = pd.read_csv(outputs / f"{name}_openface" / f"{name}.csv", skipinitialspace=True)
    video = open_video(shared_data / "media" / "opendbm" / f"{name}.mp4")
    ours = shipped_face.extract(video, spans([(0, 5)])).frames

    def at(column: str) -> np.ndarray:
        return np.interp(ours.start_s, theirs["timestamp"], theirs[column])

    pitch = np.degrees(at("pose_Rx"))
    assert abs(ours.column("pose_pitch_deg").mean() - pitch.mean()) < 3
    assert np.corrcoef(ours.column("pose_pitch_deg"), pitch)[0, 1] > 0.4
    # OpenFace's AU45 is the closing of the lids; it shows one blink.
    assert np.corrcoef(ours.column("eye_opening"), at("AU45_r"))[0, 1] < -0.85
    assert ours.column("blink_start").sum() == 1


def test_head_yaw_agrees_with_openface(shipped_face, open_video, spans, shared_data):
    import pandas as pd

    name = "subj02_timepoint01"
    outputs = shared_data / "opendbm_outputs" / "sample_output" / "raw_variables" / name
    theirs = pd.read_csv(outputs / f"{name}_openface" / f"{name}.csv", skipinitialspace=True)
    video = open_video(shared_data / "media" / "opendbm" / f"{name}.mp4")
    ours = shipped_face.extract(video, spans([(0, 5)])).frames
    yaw = np.degrees(np.interp(ours.start_s, theirs["timestamp"], theirs["pose_Ry"]))
    assert np.corrcoef(ours.column("pose_yaw_deg"), yaw)[0, 1] > 0.85


def test_face_leaves_and_the_rest_is_not_observed(shipped_face, open_video, spans, shared_data):
    video = open_video(shared_data / "media" / "pyfeat" / "face_noface.mov")
    found = shipped_face.extract(video, spans([(0, 2.0), (3.0, 5.0)]))
    seen = found.frames.column("face_found")
    # 72 of 169 frames show a face, all of them first.
    assert abs(seen.mean() - 72 / 169) < 0.03
    assert np.all(np.diff(seen) <= 0)
    assert found.segments.coverage.tolist() == [1.0, 0.0]
    assert np.isnan(found.segments.values[1]).all()
    assert any("a face in 24 of 56" in note for note in found.segments.notes)


def test_a_slow_camera_counts_no_blinks(shipped_face, still_video, spans, pictures):
    portrait = pictures("pyfeat/single_face.jpg")
    slow = shipped_face.extract(still_video(portrait, 6, 5.0), spans([(0, 1.2)])).frames
    assert np.allclose(slow.end_s - slow.start_s, 0.2)
    assert np.isnan(slow.column("blink_start")).all()
    enough = shipped_face.extract(still_video(portrait, 6), spans([(0, 0.6)])).frames
    assert np.isfinite(enough.column("blink_start")).all()


def test_smiling_portrait(shipped_face, still_video, spans, pictures):
    found = shipped_face.extract(
        still_video(pictures("pyfeat/single_face.jpg"), 8), spans([(0, 1)])
    )
    assert found.segments.column("AU12_mean")[0] > 0.8


def test_two_people_are_left_out_followed_or_refused(shipped_face, still_video, spans, pictures):
    video = still_video(pictures("face_recognition/two_people.jpg"), 5)
    left_out = shipped_face.extract(video, spans([(0, 1)]))
    assert np.isnan(left_out.segments.values).all()
    assert left_out.segments.coverage.tolist() == [0.0]
    followed = replace(shipped_face, two_faces="follow").extract(video, spans([(0, 1)]))
    assert np.isfinite(followed.segments.column("AU12_mean")).all()
    for found in (left_out, followed):
        assert "a second face in 1 of 1 probed frames" in found.segments.notes[0]
    with pytest.raises(DataError, match=r"r-0001: a second face .*max_crowded_share"):
        replace(shipped_face, two_faces="refuse").extract(video, spans([(0, 1)]))
    with pytest.raises(SetupError, match="leave_out or refuse or follow"):
        replace(shipped_face, two_faces="ignore")


def test_a_head_turned_too_far_keeps_its_pose_only(shipped_face, still_video, spans, pictures):
    strict = replace(shipped_face, max_turn_deg=1.0)
    found = strict.extract(still_video(pictures("pyfeat/single_face.jpg"), 4), spans([(0, 1)]))
    assert np.isnan(found.frames.column("AU12")).all()
    assert np.isnan(found.frames.column("gaze_yaw_deg")).all()
    assert np.isfinite(found.frames.column("pose_yaw_deg")).all()
    assert np.isfinite(found.segments.column("pose_yaw_deg_mean")).all()
    assert found.segments.coverage[0] == 0.0


def test_chunks_change_nothing(shipped_face, still_video, spans, pictures):
    video = still_video(pictures("pyfeat/single_face.jpg"), 9)
    small = replace(shipped_face, tracker=replace(shipped_face.tracker, chunk_frames=2))
    one = shipped_face.extract(video, spans([(0, 1)])).frames.values
    other = small.extract(video, spans([(0, 1)])).frames.values
    assert np.allclose(one, other, equal_nan=True)


def test_own_resting_face_is_used_when_there_is_time(shipped_face, open_video, spans, shared_data):
    rest = replace(shipped_face.resting_face, min_observed_s=2.0)
    video = open_video(shared_data / "media" / "pyfeat" / "single_face.mp4")
    parts = spans([(0.0, 0.5), (1.0, 2.0)])
    found = replace(shipped_face, resting_face=rest).extract(video, parts)
    neutral, smile = found.segments.column("AU12_mean")
    assert neutral < 0.1 and smile > neutral + 0.25
    assert found.segments.notes == ()


class _NoSound:
    sampling_rate_hz, n_channels, start_s, duration_s = 16000, 1, 0.0, 1.0

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0):
        yield AudioBlock(start_s=0.0, samples=np.zeros((16000, 1), np.float32))

    def stretches(self, spans, *, sampling_rate_hz: int, channel=None):
        yield from ()
