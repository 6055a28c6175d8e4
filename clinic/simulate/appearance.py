"""Draw how a simulated face looks, independently of every label."""

import numpy as np

from clinic.simulate.face_mesh import FaceShape
from clinic.simulate.face_paint import Colour, Look
from clinic.simulate.people import Participant, stream

SKINS: tuple[Colour, ...] = (
    *((238, 198, 172), (226, 180, 150), (206, 158, 126), (178, 130, 98)),
    *((148, 102, 74), (118, 80, 58), (92, 62, 46)),
)
HAIRS: tuple[Colour, ...] = (
    *((30, 24, 22), (58, 40, 30), (92, 62, 40), (140, 100, 60), (176, 142, 96), (110, 50, 30)),
)
GREY: Colour = (150, 148, 146)
IRISES: tuple[Colour, ...] = ((70, 44, 28), (96, 70, 40), (92, 112, 80), (84, 112, 142))
CLOTHES: tuple[Colour, ...] = (
    *((60, 76, 104), (94, 58, 62), (66, 92, 76), (120, 112, 100), (44, 46, 52), (150, 124, 92)),
)
WALLS: tuple[Colour, ...] = (
    *((186, 190, 192), (200, 192, 178), (170, 182, 190), (190, 200, 190), (208, 204, 200)),
)


def draw_look(person: Participant, seed: int) -> Look:
    """Return the look of one participant: from sex, age and chance, never from a score."""
    random = stream(seed, person.index, "look")
    skin = _near(SKINS[int(random.integers(len(SKINS)))], 6, random)
    hair = _near(HAIRS[int(random.integers(len(HAIRS)))], 8, random)
    if person.age_band.startswith(("55", "6", "7")):
        share = random.uniform(0.3, 0.9)
        hair = _mix(hair, GREY, share)
    red = random.uniform(0.25, 0.6)
    long_hair = random.uniform() < (0.7 if person.sex == "female" else 0.06)
    shape = np.clip(random.normal(0, 0.03, 5), -0.07, 0.07)
    return Look(
        skin=skin,
        hair=hair,
        iris=_near(IRISES[int(random.integers(len(IRISES)))], 6, random),
        lips=_mix((0.80 * skin[0], 0.58 * skin[1], 0.58 * skin[2]), (176, 84, 84), red * 0.6),
        clothes=_near(CLOTHES[int(random.integers(len(CLOTHES)))], 12, random),
        background=_near(WALLS[int(random.integers(len(WALLS)))], 8, random),
        long_hair=bool(long_hair),
        shape=FaceShape(
            width=float(shape[0]),
            jaw=float(shape[1]) - (0.03 if person.sex == "female" else -0.02),
            length=float(shape[2]),
            nose=2.0 * float(shape[3]),
            eye_size=2.0 * float(shape[4]),
        ),
        texture_seed=int(random.integers(2**31)),
    )


def _near(colour: Colour, spread: float, random: np.random.Generator) -> Colour:
    moved = np.clip(np.array(colour) + random.normal(0, spread, 3), 8, 250)
    return float(moved[0]), float(moved[1]), float(moved[2])


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    mixed = (1 - share) * np.array(one) + share * np.array(other)
    return float(mixed[0]), float(mixed[1]), float(mixed[2])
