"""Train the affect heads of the words on EmoBank and GoEmotions, and write their cards.

    python -m clinic.inconsistency.train_text_affect --emobank FOLDER --goemotions FOLDER
        [--encoder FOLDER --encoder-sha256 HASH] [--out FOLDER]

The result depends on nothing but these files, the encoder's weights and the seed.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from clinic.errors import ClinicError
from clinic.inconsistency.heads.dense_head import WEIGHTS_FOLDER
from clinic.inconsistency.training.heads import Trained, train_dimensions, train_emotions


def main(arguments: Sequence[str] | None = None) -> int:
    """Train both heads, write them with their cards, print cards and the lines to set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--emobank", type=Path, required=True, help="a checkout of EmoBank")
    parser.add_argument("--goemotions", type=Path, required=True, help="folder with data/original")
    parser.add_argument("--encoder", default="all_minilm_l6_v2", help="a sentence-transformers one")
    parser.add_argument("--encoder-sha256", help="hash of weights that the package does not list")
    parser.add_argument("--out", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args(arguments)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        encoder = options.encoder, options.encoder_sha256
        dimensions = train_dimensions(options.emobank, encoder=encoder, out=options.out)
        emotions = train_emotions(options.goemotions, encoder=encoder, out=options.out)
    except ClinicError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{dimensions.card}\n{emotions.card}\n")
    sys.stdout.write("Settings (conf/affect/text/learned.yaml):\n\n")
    sys.stdout.write(_lines("dimensions", dimensions, options.out))
    sys.stdout.write(_lines("emotions", emotions, options.out))
    return 0


def _lines(setting: str, trained: Trained, out: Path) -> str:
    is_shipped = out.resolve() == WEIGHTS_FOLDER
    file = trained.file.stem if is_shipped else str(trained.file)
    return f"{setting}: {file}\n{setting}_sha256: {trained.sha256}\n"


if __name__ == "__main__":
    sys.exit(main())
