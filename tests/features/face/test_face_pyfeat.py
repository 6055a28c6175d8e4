"""py-feat's detector: absent weights, its table turned into ours, and a run on random weights."""

import math
import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from clinic.errors import SetupError
from clinic.features.face import LocalWeights, PyFeatFeatures, SegmentSummary
from clinic.features.face.columns import ACTION_UNITS
from clinic.features.face.pyfeat import EMOTIONS, largest_faces, pyfeat_frame_specs
from clinic.weights import sha256_of

SUMMARY = SegmentSummary(min_face_share=0.5, smile_intensity=0.5, min_blink_observed_s=5.0)
COLUMNS = [spec.name for spec in pyfeat_frame_specs()]


def component(multitask: LocalWeights, face: LocalWeights, **settings: float) -> PyFeatFeatures:
    return PyFeatFeatures(
        multitask_weights=multitask,
        face_weights=face,
        rate_hz=1.0,
        max_side_px=640,
        face_threshold=settings.get("face_threshold", 0.5),
        summary=SUMMARY,
        batch_frames=1,
    )


def file_of(folder, name: str, content: bytes = b"weights") -> LocalWeights:
    path = folder / name
    path.write_bytes(content)
    return LocalWeights(path=str(path), sha256=sha256_of(path))


def test_unnamed_weights_stop_before_anything_is_read_and_name_the_licence():
    nothing = LocalWeights(path=None, sha256=None)
    with pytest.raises(SetupError, match=r"multitask_weights.path .*non-commercial research"):
        component(nothing, nothing)


def test_absent_weights_are_named(tmp_path):
    gone = LocalWeights(path=str(tmp_path / "gone.safetensors"), sha256="0" * 64)
    with pytest.raises(SetupError, match=r"gone.safetensors is not there"):
        component(gone, gone)


def test_a_pickle_is_refused(tmp_path):
    with pytest.raises(SetupError, match=r"weights.pt is no .safetensors file"):
        component(file_of(tmp_path, "weights.pt"), file_of(tmp_path, "face.safetensors"))


def test_other_bytes_are_refused(tmp_path):
    right = file_of(tmp_path, "face.safetensors")
    wrong = LocalWeights(path=right.path, sha256="0" * 64)
    with pytest.raises(SetupError, match=r"face_weights: face.safetensors has SHA-256"):
        component(right, wrong)


def test_stamp_holds_hashes_and_licence_but_no_path(tmp_path):
    made = component(file_of(tmp_path, "a.safetensors"), file_of(tmp_path, "b.safetensors"))
    stamp = made.stamp()
    assert stamp.weights_sha256 == made.multitask_weights.sha256
    assert "non-commercial" in stamp.licence
    assert str(tmp_path) not in str(stamp)


def fex_row(frame: int, size: float, smile: float = 0.9) -> dict[str, float]:
    row = dict.fromkeys(ACTION_UNITS, 0.1) | dict.fromkeys(EMOTIONS, 1 / 7)
    row |= {"AU12": smile, "valence": 0.5, "arousal": -0.2, "frame": frame}
    row |= {"Pitch": math.radians(10), "Yaw": math.radians(20), "Roll": math.radians(30)}
    row |= {"gaze_pitch": math.radians(5), "gaze_yaw": math.radians(-5)}
    return row | {"FaceRectWidth": size, "FaceRectHeight": size}


def test_largest_face_is_taken_and_signs_are_turned_to_ours():
    table = pd.DataFrame([fex_row(0, 50, 0.2), fex_row(0, 80), fex_row(2, 60, 0.4)])
    values, n_crowded = largest_faces(table, 3)
    found = dict(zip(COLUMNS, values[0], strict=True))
    assert n_crowded == 1
    assert np.isnan(values[1]).all()
    assert found["AU12"] == 0.9 and values[2][COLUMNS.index("AU12")] == 0.4
    # py-feat: up, right, right. Ours: down, right, left.
    angles = [found[f"pose_{name}_deg"] for name in ("pitch", "yaw", "roll")]
    assert np.allclose(angles, [-10, 20, -30])
    assert np.allclose([found["sight_pitch_deg"], found["sight_yaw_deg"]], [-5, -5])
    assert (found["valence"], found["arousal"]) == (0.5, -0.2)


def test_a_picture_without_a_face_is_not_observed():
    empty = dict.fromkeys(fex_row(0, 1), np.nan) | {"frame": 0}
    values, n_crowded = largest_faces(pd.DataFrame([empty]), 1)
    assert np.isnan(values).all() and n_crowded == 0


def _import_feat() -> None:
    """Import py-feat; where the system has no FFmpeg, with an empty video decoder in its place.

    py-feat imports torchcodec for a decoder that the adapter does not use.
    """
    try:
        import feat
    except RuntimeError:
        stand_ins = {name: ModuleType(name) for name in ("torchcodec", "torchcodec.decoders")}
        stand_ins["torchcodec.decoders"].VideoDecoder = object
        for name in [name for name in sys.modules if name.startswith("torchcodec")]:
            del sys.modules[name]
        sys.modules.update(stand_ins)
        import feat.detector_v2  # noqa: F401

        for name in stand_ins:
            del sys.modules[name]


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """Networks of the right shape with random numbers in them: they run, and mean nothing."""
    import json

    import torch
    from safetensors.torch import save_file

    _import_feat()
    from feat.face_detectors.Retinaface.Retinaface_test import Retinaface
    from feat.multitask.model_v2 import MEGraphAUv2, ModelV2Config

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    config = {
        "backbone": "convnextv2_atto.fcmae_ft_in1k",
        "n_au": 20,
        "n_emotion": 7,
        "n_blendshape": 52,
        "mesh_normalized": True,
        "use_head_v3": True,
        "drop_mefl": True,
        "afg_channels": 64,
        "mefl_channels": 64,
    }
    network = MEGraphAUv2(ModelV2Config(**config, pretrained=False))
    save_file(
        {key: value.contiguous().clone() for key, value in network.state_dict().items()},
        folder / "multitask.safetensors",
        metadata={"config": json.dumps(config)},
    )
    gradients = torch.is_grad_enabled()
    faces = Retinaface(device="cpu", pretrained="none").net
    torch.set_grad_enabled(gradients)
    save_file(
        {key: value.contiguous().clone() for key, value in faces.state_dict().items()},
        folder / "faces.safetensors",
    )
    return [
        LocalWeights(path=str(folder / name), sha256=sha256_of(folder / name))
        for name in ("multitask.safetensors", "faces.safetensors")
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_runs_offline_on_random_weights(random_weights, still_video, spans):
    import torch

    picture = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    face = component(*random_weights, face_threshold=0.0)
    # Random weights see faces everywhere: one a picture is enough.
    face._detector.face_detector.keep_top_k = 1
    found = face.extract(still_video(picture, 3), spans([(0, 3)]))
    assert found.frames.values.shape == (3, len(COLUMNS))
    assert found.segments.specs == face.specs()
    assert torch.is_grad_enabled()
    assert np.isfinite(found.segments.column("AU12_mean")).all()
    strict = component(*random_weights, face_threshold=1.1)
    found = strict.extract(still_video(picture, 3), spans([(0, 3)]))
    assert np.isnan(found.segments.values).all()
    assert found.segments.notes == ("no face found in 3 sampled frames",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_weights_of_another_network_are_refused(random_weights, still_video, spans):
    swapped = component(random_weights[1], random_weights[0])
    with pytest.raises(SetupError, match="do not fit py-feat's networks"):
        swapped.extract(still_video(np.zeros((96, 128, 3), np.uint8), 1), spans([(0, 1)]))
