"""Estimate severity from all modalities at once; train, save and load the models that do."""

from clinic.fusion.base import FusionNetwork, FusionOutputs, FusionRecipe
from clinic.fusion.folder import load_model, verify, write_model_folder
from clinic.fusion.layout import FeatureLayout, LayoutColumn
from clinic.fusion.model import TrainedModel
from clinic.fusion.splits import ParticipantSplit, SplitPlan, strata_of
from clinic.fusion.targets import segment_labels, target_value
from clinic.fusion.training import ModelIdentity, train

__all__ = [
    "FeatureLayout",
    "FusionNetwork",
    "FusionOutputs",
    "FusionRecipe",
    "LayoutColumn",
    "ModelIdentity",
    "ParticipantSplit",
    "SplitPlan",
    "TrainedModel",
    "load_model",
    "segment_labels",
    "strata_of",
    "target_value",
    "train",
    "verify",
    "write_model_folder",
]
