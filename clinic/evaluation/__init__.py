"""How good the estimates are: metrics, resampled intervals, training runs, model cards."""

from clinic.evaluation.bootstrap import bootstrap_interval
from clinic.evaluation.card import model_card
from clinic.evaluation.scoring import Scored, score_targets, scored_of, target_arrays
from clinic.evaluation.training_run import Evaluation, TrainingOutcome, TrainingRun

__all__ = [
    "Evaluation",
    "Scored",
    "TrainingOutcome",
    "TrainingRun",
    "bootstrap_interval",
    "model_card",
    "score_targets",
    "scored_of",
    "target_arrays",
]
