"""A rendered interview: media, transcript, tables and truth agree with one another."""

import csv
import json
from dataclasses import replace

import av
import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.simulate import CONFLICT_KINDS, STATEMENT, MediaSettings
from clinic.simulate.face_mesh import AU_NAMES
from clinic.simulate.media import write_mp4
from clinic.simulate.soundtrack import PEAK

PARTICIPANT, INTERVIEWER = 0, 1


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sound_of(path):
    """Decoded samples, shape (n, channels), and their rate; sample 0 is at time 0."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        assert frames[0].pts == 0
        return np.concatenate([f.to_ndarray() for f in frames], axis=1).T, stream.rate


def rms_dbfs(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=float)))


@pytest.fixture(params=[1, 2])
def index(request):
    return request.param


# --- what lies where ------------------------------------------------------------------------------


def test_the_folder_holds_what_is_promised_and_nothing_else(rendered):
    names = {str(p.relative_to(rendered.out)) for p in rendered.out.rglob("*") if p.is_file()}
    tables = {"cohort.json", "labels.csv", "manifest.csv", "moments.csv"}
    stems = [f"sim-{k:04d}" for k in (1, 2)]
    assert names == tables | {
        name
        for s in stems
        for name in (f"media/{s}.mp4", f"transcripts/{s}.csv", f"truth/{s}.json")
    }


def test_the_manifest_names_files_that_are_there(rendered):
    for row in rows_of(rendered.out / "manifest.csv"):
        assert (rendered.out / row["media_path"]).is_file()
        assert (rendered.out / row["transcript_path"]).is_file()
        assert row["language"] == "en-US"


def test_everything_says_that_no_real_person_is_in_it(rendered, index):
    assert rendered.truth(index)["statement"] == STATEMENT
    assert json.loads((rendered.out / "cohort.json").read_text())["statement"] == STATEMENT


def test_labels_are_the_item_sums_in_the_truth(rendered):
    rows = rows_of(rendered.out / "labels.csv")
    assert len(rows) == rendered.n_participants
    for row in rows:
        told = rendered.truth(int(row["recording_id"][-4:]))["participant"]
        assert int(row["depression"]) == sum(told["phq_items"].values()) == told["depression"]
        assert int(row["ptsd"]) == sum(told["pcl_items"]) == told["ptsd"]
        assert int(row["ambivalence"]) == int(told["ambivalence"])
        for name in ("sex", "age_band", "participant_id"):
            assert row[name] == told[name]


def test_no_label_is_in_what_a_model_is_given(rendered, index):
    """Neither the tags of the media file nor the transcript's columns carry a score."""
    with av.open(str(rendered.media(index))) as container:
        tags = dict(container.metadata)
        for stream in container.streams:
            tags |= stream.metadata
    assert set(tags) <= {
        *("major_brand", "minor_version", "compatible_brands"),
        *("language", "handler_name", "vendor_id"),
    }
    assert "sim" not in json.dumps(tags).lower().replace("isom", "")
    columns = list(rows_of(rendered.transcript(index))[0])
    assert columns == ["start_s", "end_s", "speaker", "text"]


# --- truth, transcript and tables -----------------------------------------------------------------


def test_truth_and_transcript_tell_the_same(rendered, index):
    truth, rows = rendered.truth(index), rows_of(rendered.transcript(index))
    assert len(rows) == len(truth["utterances"])
    for told, row in zip(truth["utterances"], rows, strict=True):
        assert (told["speaker"], told["text"]) == (row["speaker"], row["text"])
        assert float(row["start_s"]) == pytest.approx(told["start_s"], abs=6e-4)
        assert float(row["end_s"]) == pytest.approx(told["end_s"], abs=6e-4)
        assert told["chunks_s"][0][0] == told["start_s"]
        assert told["chunks_s"][-1][1] == told["end_s"] <= truth["duration_s"]


def test_moments_are_the_answers_and_say_where_ambivalence_is(rendered, index):
    answers = [u for u in rendered.truth(index)["utterances"] if "planted" in u]
    moments = [
        row
        for row in rows_of(rendered.out / "moments.csv")
        if row["recording_id"] == f"sim-{index:04d}"
    ]
    assert len(moments) == len(answers) == rendered.simulator.n_topics
    assert {u["speaker"] for u in answers} == {"participant"}
    for row, told in zip(moments, answers, strict=True):
        assert float(row["start_s"]) == pytest.approx(told["start_s"], abs=6e-4)
        assert float(row["end_s"]) == pytest.approx(told["end_s"], abs=6e-4)
        assert int(row["ambivalence"]) == int(told["planted"]["ambivalence"])


def test_the_list_of_conflicts_is_that_of_the_answers(rendered, index):
    truth = rendered.truth(index)
    planted = [
        (u["planted"]["conflict"], round(u["start_s"], 3), round(u["end_s"], 3))
        for u in truth["utterances"]
        if u.get("planted", {}).get("conflict")
    ]
    listed = [(c["kind"], c["start_s"], c["end_s"]) for c in truth["conflicts"]]
    assert [kind for kind, *_ in listed] == [kind for kind, *_ in planted]
    np.testing.assert_allclose([c[1:] for c in listed], [c[1:] for c in planted], atol=1.1e-3)
    assert {kind for kind, *_ in listed} <= set(CONFLICT_KINDS)


def test_one_of_the_rendered_people_has_a_planted_conflict(rendered):
    """So that the test above compares something."""
    assert any(rendered.truth(k)["conflicts"] for k in (1, 2))


def test_the_truth_of_the_face_has_a_row_for_every_picture(rendered, index):
    face = rendered.truth(index)["face"]
    assert tuple(face["au"]) == AU_NAMES
    lengths = {len(v) for part in ("au", "head_deg", "gaze_deg") for v in face[part].values()}
    with av.open(str(rendered.media(index))) as container:
        pictures = list(container.decode(container.streams.video[0]))
        assert container.streams.video[0].average_rate == 5
    assert lengths == {len(face["time_s"])} == {len(pictures)}
    times = [float(p.pts * p.time_base) for p in pictures]
    np.testing.assert_allclose(times, face["time_s"], atol=1e-3)
    assert {(p.width, p.height) for p in pictures} == {(160, 160)}


# --- the sound that was written -------------------------------------------------------------------


def test_the_transcripts_times_are_where_the_energy_is(rendered, index):
    samples, rate_hz = sound_of(rendered.media(index))
    time_s = np.arange(len(samples)) / rate_hz
    channels = {"participant": PARTICIPANT, "interviewer": INTERVIEWER}
    speaks = np.zeros(samples.shape, dtype=bool)
    for told in rendered.truth(index)["utterances"]:
        for start_s, end_s in told["chunks_s"]:
            inside = (time_s >= start_s) & (time_s < end_s)
            speaks[inside, channels[told["speaker"]]] = True
    for channel in (PARTICIPANT, INTERVIEWER):
        voice = rms_dbfs(samples[speaks[:, channel], channel])
        room = rms_dbfs(samples[~speaks[:, channel], channel])
        assert voice - room > 20
    # Shifting the transcript by 100 ms must lose energy: the times are right to better than that.
    kept = [np.square(samples[np.roll(speaks, round(s * rate_hz), axis=0)]).sum() for s in (0, 0.1)]
    assert kept[0] > 0.99 * np.square(samples).sum()
    assert kept[1] < 0.99 * kept[0]


def test_the_participant_is_left_and_the_interviewer_right(rendered, index):
    samples, rate_hz = sound_of(rendered.media(index))
    for told in rendered.truth(index)["utterances"]:
        part = samples[round(told["start_s"] * rate_hz) : round(told["end_s"] * rate_hz)]
        left, right = rms_dbfs(part[:, PARTICIPANT]), rms_dbfs(part[:, INTERVIEWER])
        louder = left - right if told["speaker"] == "participant" else right - left
        assert louder > 15


def test_the_written_level_is_the_planted_one(rendered, index):
    """Frames of 25 ms within 20 dB of the loudest, after AAC."""
    samples, rate_hz = sound_of(rendered.media(index))
    truth = rendered.truth(index)
    for told in truth["utterances"]:
        if told["speaker"] != "participant":
            continue
        speech = np.concatenate(
            [samples[round(a * rate_hz) : round(b * rate_hz), 0] for a, b in told["chunks_s"]]
        )
        n = rate_hz // 40
        energy = np.square(speech[: len(speech) // n * n]).reshape(-1, n).mean(axis=1)
        level = 10 * np.log10(energy[energy > 0.01 * energy.max()].mean())
        expected = told["prosody"]["level_dbfs"] + truth["gain_db"]
        assert level == pytest.approx(expected, abs=0.8)


def test_nothing_reaches_full_scale(rendered, index):
    samples, _ = sound_of(rendered.media(index))
    assert np.abs(samples).max() < 1.0
    assert np.abs(samples.sum(axis=1)).max() < 1.0


# --- the file writer ------------------------------------------------------------------------------


def media_settings(**changes):
    config = OmegaConf.load(conf_folder() / "simulate" / "media" / "small.yaml")
    return build(OmegaConf.merge(config, {"width_px": 64, "height_px": 64, **changes}))


def grey_ramp(n):
    return [np.full((64, 64, 3), 8 * k, np.uint8) for k in range(n)]


def test_the_same_pictures_and_sound_are_the_same_bytes(tmp_path):
    settings = media_settings(n_channels=2)
    noise = np.random.default_rng(0).normal(0, 0.05, (22050, 2)).astype(np.float32)
    for name in ("a.mp4", "b.mp4"):
        write_mp4(tmp_path / name, grey_ramp(15), noise, 22050, settings)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_pictures_keep_their_order_and_time(tmp_path):
    write_mp4(
        tmp_path / "a.mp4", grey_ramp(30), np.zeros((44100, 1), np.float32), 22050, media_settings()
    )
    with av.open(str(tmp_path / "a.mp4")) as container:
        pictures = list(container.decode(container.streams.video[0]))
    greys = [p.to_ndarray(format="rgb24").mean() for p in pictures]
    np.testing.assert_allclose(greys, [8 * k for k in range(30)], atol=3)
    np.testing.assert_allclose([float(p.pts * p.time_base) for p in pictures], np.arange(30) / 15)


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000])
def test_sound_keeps_its_time_and_pitch_at_any_rate(tmp_path, rate_hz):
    """A tone of 500 Hz from second 1 to second 2."""
    time_s = np.arange(3 * 22050) / 22050
    tone = 0.4 * np.sin(1000 * np.pi * time_s) * ((time_s >= 1) & (time_s < 2))
    settings: MediaSettings = media_settings(audio_rate_hz=rate_hz)
    write_mp4(tmp_path / "a.mp4", grey_ramp(5), tone[:, None].astype(np.float32), 22050, settings)
    samples, found_hz = sound_of(tmp_path / "a.mp4")
    assert found_hz == rate_hz
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.1) / rate_hz
    assert loud[0] == pytest.approx(1.0, abs=0.01)
    assert loud[-1] == pytest.approx(2.0, abs=0.01)
    middle = samples[round(1.2 * rate_hz) : round(1.8 * rate_hz), 0]
    crossings = int((np.diff(np.signbit(middle)) != 0).sum())
    assert crossings / 2 / 0.6 == pytest.approx(500, abs=3)
    assert rms_dbfs(middle) == pytest.approx(20 * np.log10(0.4 / np.sqrt(2)), abs=0.3)


@pytest.mark.parametrize("rate_hz", [22050, 48000])
def test_speech_at_the_peak_stays_below_full_scale_in_the_file(rendered, tmp_path, rate_hz):
    """Resampling and AAC overshoot: openSMILE wraps around at 1.0."""
    person = rendered.simulator.participant(1)
    shouting = replace(person, traits={**person.traits, "level_dbfs": 0.0})
    sound, _ = rendered.simulator.perform(shouting)
    assert np.abs(sound.mixed(1)).max() == pytest.approx(PEAK, abs=1e-4)
    settings = media_settings(audio_rate_hz=rate_hz)
    write_mp4(tmp_path / "a.mp4", grey_ramp(5), sound.mixed(1), sound.sampling_rate_hz, settings)
    samples, _ = sound_of(tmp_path / "a.mp4")
    assert 0.8 < np.abs(samples).max() < 0.98
