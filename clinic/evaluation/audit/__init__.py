"""Leakage audit: does a number come from the features, or from how they were split and scored?"""

from clinic.evaluation.audit.cases import audit_fit, procedure_of_recipe, table_of_cases
from clinic.evaluation.audit.check import AuditCheck, AuditReport, Verdict, joined
from clinic.evaluation.audit.contender import audit_contender
from clinic.evaluation.audit.data import (
    AuditFold,
    AuditLabels,
    AuditTable,
    LabelKind,
    folds_of_numbers,
    folds_of_participants,
    labels_of,
)
from clinic.evaluation.audit.leakage import LeakageAudit
from clinic.evaluation.audit.metric import audit_metric, metric_table
from clinic.evaluation.audit.procedure import Procedure, Samples, audit_procedure, sealed_fold
from clinic.evaluation.audit.reading import Columns, read_audit_table
from clinic.evaluation.audit.reading_split import read_audit_split
from clinic.evaluation.audit.wording import to_markdown

__all__ = [
    "AuditCheck",
    "AuditFold",
    "AuditLabels",
    "AuditReport",
    "AuditTable",
    "Columns",
    "LabelKind",
    "LeakageAudit",
    "Procedure",
    "Samples",
    "Verdict",
    "audit_contender",
    "audit_fit",
    "audit_metric",
    "audit_procedure",
    "folds_of_numbers",
    "folds_of_participants",
    "joined",
    "labels_of",
    "metric_table",
    "procedure_of_recipe",
    "read_audit_split",
    "read_audit_table",
    "sealed_fold",
    "table_of_cases",
    "to_markdown",
]
