"""Why the model said what it said: SHAP values by feature and by moment."""

from clinic.explanation.shap_values import ShapExplainer

__all__ = ["ShapExplainer"]
