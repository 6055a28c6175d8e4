"""Planted action units come back as themselves; masked ones are nowhere; smoothing has no lag."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import SetupError
from clinic.features.face import ActionUnitSolver, Smoothing
from clinic.features.face import tracked_fields as stored
from clinic.features.face.columns import ACTION_UNITS, frame_specs, segment_specs
from clinic.features.face.model import load_mesh_model
from clinic.validation.action_units.replay import Replay

NAMES = load_mesh_model().names
PX = 2.0 * np.array([1.0, -1.0, -1.0])


def one_at_a_time(levels=(0.35, 0.7, 1.0), rest=7, held=9) -> np.ndarray:
    """Every unit alone at every level, shape (n, 20), with rest before each."""
    parts = []
    for unit in range(20):
        for level in levels:
            part = np.zeros((rest + held, 20))
            part[rest:, unit] = level
            parts.append(part)
    return np.concatenate(parts)


def seen(component, meshes, **others):
    """Frame table of the component for meshes in mm, at the rate of its tracker."""
    replay = Replay.of(component.tracker, (meshes * PX).astype(np.float32))
    return replace(component, tracker=replay, **others).extract(recording(replay), []).frames


def recording(video):
    from clinic.records import Recording

    return Recording(
        recording_id="r-0001",
        participant_id="p-0001",
        sha256="0" * 64,
        duration_s=video.duration_s,
        audio=None,
        video=video,
    )


def values_of(frames) -> np.ndarray:
    return np.stack([frames.column(name) for name in NAMES], axis=1)


@pytest.fixture(scope="module")
def planted():
    return one_at_a_time()


@pytest.fixture(scope="module")
def recovered(shipped_face, planted):
    rng = np.random.default_rng(1)
    meshes = shipped_face.solver.mesh(planted) + rng.normal(0, 0.25, (len(planted), 478, 3))
    return values_of(seen(shipped_face, meshes, masked=()))


@pytest.fixture(scope="module")
def response(planted, recovered):
    causes = np.c_[planted, np.ones(len(planted))]
    return np.linalg.lstsq(causes, recovered, rcond=None)[0][:20]


def test_every_unit_follows_what_was_planted_in_noise(planted, recovered):
    r = [np.corrcoef(planted[:, k], recovered[:, k])[0, 1] for k in range(20)]
    assert min(r) > 0.8 and np.mean(r) > 0.95


def test_no_other_unit_answers_by_a_third(response, shipped_face):
    shown = [NAMES.index(name) for name in shipped_face.units]
    own = np.diag(response)
    others = np.abs(response - np.diag(own)) / own[:, None]
    assert own.min() > 0.4 and own.max() < 1.05
    assert others[np.ix_(shown, shown)].max() < 0.3


def test_the_sparse_prior_beats_the_ridge_that_it_replaced(planted, shipped_face):
    rng = np.random.default_rng(2)
    meshes = shipped_face.solver.mesh(planted) + rng.normal(0, 0.25, (len(planted), 478, 3))
    ridge = replace(shipped_face.solver, ridge_mm2=0.6, threshold_mm=0.0)
    error = {
        name: np.abs(values_of(seen(shipped_face, meshes, masked=(), solver=s)) - planted).mean()
        for name, s in {"ours": shipped_face.solver, "ridge": ridge}.items()
    }
    assert error["ours"] < 0.5 * error["ridge"]


def test_masked_units_still_take_their_share(planted, shipped_face):
    """Leaving AU25 out of the solution instead would push what it explains onto others."""
    meshes = shipped_face.solver.mesh(planted)
    shown = seen(shipped_face, meshes, masked=("AU10", "AU25"))
    every = seen(shipped_face, meshes, masked=())
    for name in shown.columns:
        np.testing.assert_array_equal(shown.column(name), every.column(name))


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_smile_held_for_half_the_time_is_still_a_smile(shipped_face, share):
    rng = np.random.default_rng(3)
    planted = np.zeros((600, 20))
    smiling = np.arange(600) % 200 < 200 * share
    planted[smiling, NAMES.index("AU12")] = 0.7
    meshes = shipped_face.solver.mesh(planted) + rng.normal(0, 0.25, (600, 478, 3))
    smile = seen(shipped_face, meshes).column("AU12")
    assert smile[smiling].mean() > 0.55 and smile[~smiling].mean() < 0.05


def test_a_turning_head_is_not_an_expression(shipped_face):
    """The tracker's leftover of a turn, planted as it was measured, is taken off again."""
    turn_deg = 10 * np.sin(np.arange(400) / 30)[:, None] * [[0.5, 1.0]]
    leftover = np.tensordot(turn_deg, stored.load_tracked_fields().turn, axes=1)
    projection = shipped_face.solver.project(load_mesh_model().neutral + leftover)
    corrected = shipped_face.solver.without_turn(projection.moments, turn_deg)
    assert np.abs(projection.moments).max() > 0.1
    assert np.abs(corrected).max() < 1e-6
    average = shipped_face.average_face.without_turn(projection.moments, turn_deg)
    np.testing.assert_array_equal(average, projection.moments)


def test_beyond_the_turns_that_were_measured_the_correction_is_held(shipped_face):
    nothing = np.zeros((2, 20))
    far = shipped_face.solver.without_turn(nothing, np.array([[12.0, -12.0], [40.0, -40.0]]))
    np.testing.assert_array_equal(far[0], far[1])


# --- masks ----------------------------------------------------------------------------------------


def test_shipped_masks_vanish_from_every_table(shipped_face):
    assert shipped_face.masked
    shown = [spec.name for spec in (*shipped_face.specs(), *shipped_face._frame_specs)]
    for name in ACTION_UNITS:
        assert any(column.startswith(name) for column in shown) == (name not in shipped_face.masked)


def test_masks_take_spreads_peaks_and_shares_with_them():
    everything = {spec.name for spec in segment_specs(tuple(ACTION_UNITS), 1.5)}
    without_cheeks = tuple(name for name in ACTION_UNITS if name != "AU06")
    gone = everything - {spec.name for spec in segment_specs(without_cheeks, 1.5)}
    assert gone == {"AU06_mean", "AU06_sd", "AU06_p90", "felt_smile_share"}
    without_smile = tuple(name for name in ACTION_UNITS if name != "AU12")
    gone = everything - {spec.name for spec in segment_specs(without_smile, 1.5)}
    assert gone == {"AU12_mean", "AU12_sd", "AU12_p90", "smile_share", "felt_smile_share"}


def test_movement_counts_the_shown_units_only(shipped_face, spans):
    planted = np.zeros((400, 20))
    planted[:, NAMES.index("AU25")] = 0.4 + 0.4 * np.sin(np.arange(400))
    meshes = shipped_face.solver.mesh(planted)
    replay = Replay.of(shipped_face.tracker, (meshes * PX).astype(np.float32))

    def movement(masked):
        component = replace(shipped_face, tracker=replay, masked=masked)
        table = component.extract(recording(replay), spans([(0, 40)])).segments
        assert table.specs == component.specs()
        return table.column("facial_movement")[0]

    assert movement(("AU25",)) < 0.25 * movement(())


def test_a_component_without_smile_units_still_gives_its_table(shipped_face, spans):
    planted = np.zeros((400, 20))
    replay = Replay.of(shipped_face.tracker, (shipped_face.solver.mesh(planted) * PX))
    component = replace(shipped_face, tracker=replay, masked=("AU06", "AU12", "AU01"))
    table = component.extract(recording(replay), spans([(0, 40)])).segments
    assert np.isfinite(table.column("AU04_mean")).all() and table.coverage[0] == 1.0
    assert not {"AU12_mean", "smile_share"} & {*table.columns}


def test_unknown_masks_and_a_mask_of_everything_are_refused(shipped_face):
    with pytest.raises(SetupError, match=r"AU03: one of AU01.* needed \(masked\)"):
        replace(shipped_face, masked=("AU03",))
    with pytest.raises(SetupError, match=r"all 20 action units named, fewer needed \(masked\)"):
        replace(shipped_face, masked=tuple(ACTION_UNITS))
    with pytest.raises(SetupError, match=r"smoothing\.sharp"):
        replace(shipped_face, smoothing=Smoothing(sd_s=0.1, sharp=("blink",)))
    with pytest.raises(SetupError, match="'drawn', model or tracked needed"):
        ActionUnitSolver(ridge_mm2=0.1, maximum=1.5, fields="drawn")


def test_masks_and_solver_change_the_stamp(shipped_face):
    for other in (
        replace(shipped_face, masked=()),
        replace(shipped_face, smoothing=Smoothing(sd_s=0.2)),
        replace(shipped_face, solver=replace(shipped_face.solver, threshold_mm=0.01)),
        replace(shipped_face, average_face=replace(shipped_face.average_face, ridge_mm2=0.5)),
    ):
        assert other.stamp().digest != shipped_face.stamp().digest


def test_columns_stand_in_the_order_of_the_mesh_model():
    assert tuple(ACTION_UNITS) == NAMES == stored.load_tracked_fields().names
    assert [spec.name for spec in frame_specs(NAMES, 1.5)][:20] == list(NAMES)


# --- smoothing ------------------------------------------------------------------------------------

SHIPPED = Smoothing(sd_s=0.1)


@given(
    st.floats(-3, 3),
    st.floats(-2, 2),
    st.integers(2, 60),
    st.floats(0.02, 0.3),
)
@settings(max_examples=50, deadline=None)
def test_smoothing_keeps_a_level_and_a_steady_rise(level, slope, n, sd_s):
    time_s = np.arange(n) / 10
    course = (level + slope * time_s)[:, None]
    assert np.allclose(Smoothing(sd_s=sd_s).smooth(time_s, course), course, atol=1e-9)


@given(st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_smoothing_keeps_the_mean_and_runs_alike_in_both_directions(seed):
    rng = np.random.default_rng(seed)
    time_s = np.arange(200) / 10
    course = np.zeros((200, 3))
    course[20:180] = rng.normal(size=(160, 3))
    smooth = SHIPPED.smooth(time_s, course)
    assert np.allclose(smooth.mean(axis=0), course.mean(axis=0), atol=1e-12)
    assert np.allclose(SHIPPED.smooth(time_s, course[::-1])[::-1], smooth)


def test_smoothing_adds_no_lag_and_thins_noise_as_its_kernel_says():
    rng = np.random.default_rng(4)
    time_s = np.arange(3000) / 10
    slow = np.sin(time_s / 2)
    smooth = SHIPPED.smooth(time_s, (slow + rng.normal(0, 0.5, 3000))[:, None])[:, 0]
    lags = np.arange(-5, 6)
    alike = [np.corrcoef(slow[10:-10], np.roll(smooth, k)[10:-10])[0, 1] for k in lags]
    assert lags[int(np.argmax(alike))] == 0
    kernel = np.exp(-0.5 * np.arange(-3, 4) ** 2.0)
    kernel /= kernel.sum()
    assert np.std(smooth - slow) == pytest.approx(0.5 * np.sqrt(np.sum(kernel**2)), rel=0.1)


def test_smoothing_does_not_reach_over_a_gap():
    time_s = np.r_[np.arange(20) / 10, 10 + np.arange(20) / 10]
    course = np.r_[np.zeros(20), np.ones(20)][:, None]
    assert np.array_equal(SHIPPED.smooth(time_s, course), course)


def test_a_blink_keeps_its_depth_and_smiles_lose_little(shipped_face):
    planted = np.zeros((400, 20))
    for start in range(30, 380, 40):
        planted[start : start + 3, NAMES.index("AU43")] = (0.6, 1.0, 0.4)
    found = values_of(seen(shipped_face, shipped_face.solver.mesh(planted), masked=()))
    lids = found[:, NAMES.index("AU43")]
    assert lids[31::40][:8].min() > 0.85
    other = np.delete(found, NAMES.index("AU43"), axis=1)
    assert other.max() < 0.1


def test_negative_smoothing_is_refused():
    with pytest.raises(SetupError, match=r"sd_s -0\.1, 0 or more needed"):
        Smoothing(sd_s=-0.1)


# --- the file of the tracked fields ---------------------------------------------------------------


def test_the_shipped_fields_are_the_listed_file():
    data = stored.FILE.read_bytes()
    assert hashlib.sha256(data).hexdigest() == stored.SHA256
    card = stored.FILE.with_suffix(".md").read_text(encoding="utf-8")
    assert stored.SHA256 in card and f"{round(len(data) / 1000)} KB" in card


def test_other_bytes_are_refused(tmp_path):
    other = tmp_path / "fields.safetensors"
    with pytest.raises(SetupError, match="is not installed"):
        stored.load_tracked_fields(other)
    written = stored.load_tracked_fields().write(other)
    assert written == stored.SHA256
    other.write_bytes(other.read_bytes() + b" ")
    with pytest.raises(SetupError, match="needed"):
        stored.load_tracked_fields(other)


def test_tracked_fields_are_the_model_seen_through_a_tracker():
    """Most fields keep their direction; where one does not, the tracker hides it."""
    ours, theirs = (
        ActionUnitSolver(ridge_mm2=0.1, maximum=1.5, fields=fields)._fields
        for fields in ("tracked", "model")
    )
    size = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    alike = dict(zip(NAMES, (ours * theirs).sum(axis=1) / size, strict=True))
    assert all(alike[name] > 0.7 for name in ("AU02", "AU05", "AU06", "AU14", "AU20", "AU26"))
    assert alike["AU25"] < 0.3
