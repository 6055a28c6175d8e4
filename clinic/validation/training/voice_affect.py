"""Train the heads of the voice on EmoDB and write their card.

    python -m clinic.validation.training.voice_affect --emodb FOLDER [--out FOLDER]

FOLDER holds ``wav`` and ``erkennung.txt``. The recipe stands in ``conf/validate/voice.yaml``; the
result depends on nothing but the corpus, the recipe and openSMILE.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.inconsistency.heads.dense_head import WEIGHTS_FOLDER
from clinic.records import Extractor
from clinic.validation.training.voice_card import card
from clinic.validation.voice.emodb import ACTED, SOURCE, read_emodb
from clinic.validation.voice.features import measured, voices_of
from clinic.validation.voice.folds import unheard

LICENCE = "MIT (trained on EmoDB, CC0-1.0)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write two heads and their cards, print the hashes for the settings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--emodb", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args(arguments)
    settings = OmegaConf.load(conf_folder() / "validate" / "voice.yaml").recipe
    recipe = build(settings)
    extractor = shipped_extractor()
    utterances = read_emodb(options.emodb)
    heard = measured(utterances, recipe.conditions, extractor, seed=recipe.seed)
    voices = voices_of(utterances, heard, recipe.left_out)
    described = {
        "data": f"EmoDB, {len(utterances)} utterances of {len(set(voices.speakers))} speakers",
        "source": SOURCE,
        "licence": LICENCE,
        "extractor": dict(extractor.stamp().settings),
        "extractor_version": extractor.stamp().version,
        "recipe": OmegaConf.to_container(settings),
    }
    heads = recipe.fit(voices, described)
    options.out.mkdir(parents=True, exist_ok=True)
    hashes = {
        "voice_emotion": heads.emotion.write(options.out / "voice_emotion.safetensors"),
        "voice_arousal": heads.arousal.write(options.out / "voice_arousal.safetensors"),
    }
    read = unheard(recipe, voices, ["clean"])["clean"]
    guessed = np.argmax(read.probabilities, axis=1)
    recalls = {
        emotion: float(np.mean(guessed[voices.emotions == i] == i))
        for i, emotion in enumerate(ACTED)
    }
    for name, sha256 in hashes.items():
        text = card(name, sha256, recipe=recipe, recalls=recalls, licence=LICENCE)
        (options.out / f"{name}.md").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}_sha256: {sha256}\n")
    return 0


def shipped_extractor() -> Extractor:
    """Return the eGeMAPS component of ``conf/features``."""
    settings = OmegaConf.load(conf_folder() / "features" / "egemaps.yaml")
    extractor: Extractor = build(settings.egemaps)
    return extractor


if __name__ == "__main__":
    sys.exit(main())
