"""Language of self-harm and suicide in what a participant said, for a person to read."""

from clinic.safety.phrases import PhraseGroup
from clinic.safety.self_harm import SafetyScan, SelfHarmLanguage

__all__ = ["PhraseGroup", "SafetyScan", "SelfHarmLanguage"]
