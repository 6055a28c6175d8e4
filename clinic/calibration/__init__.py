"""Settle raw estimates: calibrated probabilities, conformal intervals and sets, or no answer."""

from clinic.calibration.calibration import Calibration, TargetCalibration
from clinic.calibration.choice import MethodChoice, choose_method, fit_chosen
from clinic.calibration.conformal import (
    TooFewSubjectsError,
    interval_half_width,
    least_probability,
    plausible_classes,
    plausible_run,
)
from clinic.calibration.fitting import CalibrationFitter, CalibrationSubject
from clinic.calibration.settler import Settler, load_settler
from clinic.calibration.withholding import Withholding, participant_speech_s

__all__ = [
    "Calibration",
    "CalibrationFitter",
    "CalibrationSubject",
    "MethodChoice",
    "Settler",
    "TargetCalibration",
    "TooFewSubjectsError",
    "Withholding",
    "choose_method",
    "fit_chosen",
    "interval_half_width",
    "least_probability",
    "load_settler",
    "participant_speech_s",
    "plausible_classes",
    "plausible_run",
]
