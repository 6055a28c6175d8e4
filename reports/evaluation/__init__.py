"""The report of an evaluation: one page, one PDF and a model card from an EvaluationResult."""

from reports.evaluation.render import write_report

__all__ = ["write_report"]
