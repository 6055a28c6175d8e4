"""Face: action units, head pose, gaze and blinks, read from video."""

from clinic.features.face.eyes import EyeMeasures
from clinic.features.face.features import FaceMeshFeatures
from clinic.features.face.pyfeat import PyFeatFeatures
from clinic.features.face.pyfeat_detector import LocalWeights
from clinic.features.face.resting import RestingFace
from clinic.features.face.segments import SegmentSummary
from clinic.features.face.smoothing import Smoothing
from clinic.features.face.solver import ActionUnitSolver
from clinic.features.face.tracker import FaceMeshTracker

__all__ = [
    "ActionUnitSolver",
    "EyeMeasures",
    "FaceMeshFeatures",
    "FaceMeshTracker",
    "LocalWeights",
    "PyFeatFeatures",
    "RestingFace",
    "SegmentSummary",
    "Smoothing",
]
