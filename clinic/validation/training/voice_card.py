"""Cards of the voice heads, as Markdown."""

from collections.abc import Mapping

import numpy as np

from clinic.validation.training.voice_fit import VoiceRecipe

_WHAT = {
    "voice_emotion": "seven acted emotions (anger, disgust, fear, joy, sadness, neutral, boredom)",
    "voice_arousal": "a roused voice (anger, fear, joy) against a calm one (sadness, boredom, "
    "neutral); disgust counts half",
}


def card(
    name: str, sha256: str, *, recipe: VoiceRecipe, recalls: Mapping[str, float], licence: str
) -> str:
    """Return the model card.

    Args:
        recalls: By acted emotion, share read right, each speaker by heads of the others.
    """
    lines = [
        f"# Voice head `{name}.safetensors`",
        "",
        f"Linear head on 71 eGeMAPS functionals: {_WHAT[name]}.",
        "Inputs are scores around the person's own neutral voice, which the head finds by itself:",
        "`clinic/inconsistency/readers/voice_scale.py`.",
        "",
        f"- SHA-256 `{sha256}`",
        "- trained on EmoDB, 535 utterances of 10 actors, German, CC0-1.0;",
        "  Burkhardt et al. (2005), doi:10.21437/Interspeech.2005-446",
        f"- licence of this file: {licence}; its inputs need openSMILE, which is licensed for",
        "  non-commercial use only",
        "- made by `python -m clinic.validation.training.voice_affect --emodb FOLDER` with the",
        "  recipe of `conf/validate/voice.yaml`",
        f"- copies trained on: {', '.join(c.name for c in recipe.conditions)}",
        f"- labels: {recipe.labels}; penalty {recipe.penalty:g}",
        "",
        *(_recalls(recalls) if name == "voice_emotion" else ()),
        "Figures with intervals, in noise, by telephone, for people who do not act seven emotions:",
        "`docs/validation/voice.md`.",
        "",
        "## Limits",
        "The copy trained on is cut to the first 2 s of each utterance.",
        "Acted emotions of ten German actors in a studio, ten sentences, levelled one by one; only",
        "utterances that at least 80 % of 20 listeners recognised are in the corpus. No patients,",
        "no interviews, no English. Real emotion is weaker and mixed. Loudness is not used.",
        "Scores need a person's own neutral speech; someone sad or tense throughout is read",
        "against that state.",
    ]
    return "\n".join(lines) + "\n"


def _recalls(recalls: Mapping[str, float]) -> list[str]:
    return [
        "Each speaker read by heads of the nine others, clean sound, seven classes:",
        f"unweighted average recall {np.mean(list(recalls.values())):.3f} (chance .143).",
        "",
        "| emotion | read right |",
        "|---|---|",
        *(f"| {emotion} | {recall:.3f} |" for emotion, recall in recalls.items()),
        "",
    ]
