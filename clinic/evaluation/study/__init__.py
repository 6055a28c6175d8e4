"""Compare models on people who trained nothing, chose nothing and calibrated nothing."""

from clinic.evaluation.study.contender import Contender, Fitted, FusionContender
from clinic.evaluation.study.data import StudyData
from clinic.evaluation.study.runner import Study
from clinic.evaluation.study.split_file import SplitFile, official_split, planned_split
from clinic.evaluation.study.tabular import TableContender

__all__ = [
    "Contender",
    "Fitted",
    "FusionContender",
    "SplitFile",
    "Study",
    "StudyData",
    "TableContender",
    "official_split",
    "planned_split",
]
