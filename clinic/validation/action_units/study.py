"""Planted action units against recovered ones, and the face component beside OpenFace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.features.face import FaceMeshFeatures
from clinic.io.limits import MediaLimits
from clinic.records import Recording
from clinic.simulate.people import Population
from clinic.validation.action_units.figure import heat_map
from clinic.validation.action_units.findings import Rules, findings_of, table_of, trusted_of
from clinic.validation.action_units.planted_faces import PlantedFace, PlantedFaces
from clinic.validation.action_units.real import real_findings
from clinic.validation.action_units.recovery import Recovery, recovery
from clinic.validation.action_units.replay import Replay
from clinic.validation.study import Figure, StudyResult

Values = NDArray[np.float64]

_TO_PICTURE = (1.0, -1.0, -1.0)
_PX_PER_MM = 2.0


@dataclass(frozen=True, kw_only=True)
class ActionUnitRecovery:
    """Which action units of the shipped face component may be trusted?

    Args:
        face: The shipped component; here with no unit masked.
        limits: For opening the real media.
        population: Whom painted faces are drawn from.
        n_persons: Painted persons; the unit that is drawn again for intervals.
        levels, au_gain, side_px, held_s, rest_s, mixed_s: See ``PlantedFaces``.
        noise_mm: Standard deviation of the noise per coordinate at mesh level.
        rules: What an action unit must meet to be trusted.
        n_draws: Bootstrap draws of persons.
        folders: Folders of the real media.
    """

    face: FaceMeshFeatures
    limits: MediaLimits
    population: Population
    n_persons: int
    levels: Sequence[float]
    au_gain: float
    side_px: int
    held_s: float
    rest_s: float
    mixed_s: float
    noise_mm: float
    rules: Rules
    n_draws: int
    seed: int
    folders: Sequence[str]

    @property
    def name(self) -> str:
        """File name of the page."""
        return "action_units"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Action units of the face: planted and recovered"

    @property
    def needs(self) -> tuple[str, ...]:
        """Open media with reference values."""
        return tuple(self.folders)

    @property
    def about(self) -> str:
        """What is compared with what."""
        shown = ", ".join(f"{level:g}" for level in self.levels)
        return (
            f"{self.n_persons} painted faces (no person's picture), each of another look, move "
            f"their heads mildly and show every one of 20 action units alone at {shown} of the "
            "mesh model's own effect, with a neutral face between, then mixtures of expressions "
            "with a talking mouth and blinks. **Picture level:** the pictures go through the "
            "tracker and the shipped component (resting face, smoothing, solver). **Mesh level:** "
            "the same intensities as meshes of the solver's own fields with "
            f"{self.noise_mm:g} mm of noise, without pictures: the best case by construction.\n\n"
            "*r alone*: Pearson's r over the unit's own track (all levels and the rest between), "
            "mean over persons. *r mixed*: over the part with mixtures. *Gain*: recovered change "
            "per unit planted. *Cross-talk* of a unit: the largest change of any other trusted "
            "unit per unit planted of this one, divided by its own change; both from one "
            "regression of all recovered on all planted units.\n\n"
            f"A shown unit meets the rules with r alone of {self.rules.least_alone:g} or more, "
            f"cross-talk below {self.rules.most_cross_talk:g} and r mixed of "
            f"{self.rules.least_mixed:g} or more at picture level. The masks "
            "(conf/features/face.yaml) were chosen by the same rules on these and on other "
            "painted faces. The fields that ship were measured on yet others (other seed and "
            "looks, same painter and tracker): this says "
            "whether the solver undoes what the tracker does to a moving face, not how people's "
            "faces look. Real media stand below; they are few."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure.

        Args:
            data: Folder with the real media.

        Raises:
            SetupError: A file is missing.
        """
        faces = PlantedFaces(
            population=self.population,
            tracker=self.face.tracker,
            levels=tuple(self.levels),
            au_gain=self.au_gain,
            side_px=self.side_px,
            held_s=self.held_s,
            rest_s=self.rest_s,
            mixed_s=self.mixed_s,
        )
        drawn = [faces.face(person, seed=self.seed) for person in range(1, self.n_persons + 1)]
        pictures, confidence = self._recovered(drawn, [face.meshes_px for face in drawn])
        meshes, _ = self._recovered(drawn, [self._mesh_level(face) for face in drawn])
        trusted = trusted_of(pictures, self.rules, masked=self.face.masked)
        response = pictures.response.mean(axis=0)
        relative = response / np.diag(response)[:, None]
        caption = "Response of each unit (column) per unit planted (row), relative to its own"
        return StudyResult(
            findings=(
                *findings_of(
                    pictures,
                    meshes,
                    confidence,
                    masked=self.face.masked,
                    trusted=trusted,
                    n_draws=self.n_draws,
                    seed=self.seed,
                ),
                *real_findings(data, self.face, self.limits),
            ),
            verdict=_verdict(trusted, self.face.masked, pictures.names),
            untested=(
                "real faces with coded action units, in any number: no such open media are here",
                "wrinkles, which painted faces do not have",
                "glasses, beards, masks, palsy, darkness, turned heads",
                "recordings under 30 s, measured from an average face: cross-talk unknown",
            ),
            tables=table_of(pictures, meshes, trusted=trusted, masked=self.face.masked),
            figures=(
                Figure(
                    name="cross_talk",
                    svg=heat_map(pictures.names, relative, title=caption),
                    caption=f"{caption}. Picture level, mean over persons.",
                ),
            ),
        )

    def _recovered(
        self, drawn: Sequence[PlantedFace], meshes_px: Sequence[NDArray[np.float32]]
    ) -> tuple[Recovery, list[tuple[Values, Values]]]:
        """Return the recovery, and per person confidence and mean absolute error a frame."""
        found, quality = [], []
        for face, meshes in zip(drawn, meshes_px, strict=True):
            replay = Replay.of(self.face.tracker, meshes)
            component = replace(self.face, tracker=replay, masked=())
            frames = component.extract(_recording(replay), []).frames
            assert frames is not None
            values = np.stack([frames.column(name) for name in component.units], axis=1)
            found.append(values)
            error = np.abs(values - self.au_gain * face.planted).mean(axis=1)
            quality.append((frames.column("confidence"), error))
        planted = [self.au_gain * face.planted for face in drawn]
        n_single = [face.n_single for face in drawn]
        return recovery(self.face.solver.names, planted, found, n_single), quality

    def _mesh_level(self, face: PlantedFace) -> NDArray[np.float32]:
        random = np.random.default_rng([self.seed, face.person])
        meshes = self.face.solver.mesh(self.au_gain * face.planted)
        noisy = meshes + random.normal(0.0, self.noise_mm, meshes.shape)
        return np.asarray(_PX_PER_MM * noisy * _TO_PICTURE, dtype=np.float32)


def _recording(video: Replay) -> Recording:
    return Recording(
        recording_id="planted",
        participant_id="planted",
        sha256="0" * 64,
        duration_s=video.duration_s,
        audio=None,
        video=video,
    )


def _verdict(trusted: Sequence[str], masked: Sequence[str], names: Sequence[str]) -> str:
    shown = [name for name in names if name not in masked]
    odd = [name for name in shown if name not in trusted]
    return (
        f"{len(trusted)} of the {len(shown)} action units that the tables show come back as "
        f"themselves from painted pictures ({', '.join(trusted)})"
        + (f"; {', '.join(odd)} do not" if odd else "")
        + f". {', '.join(masked) or 'None'} of {len(names)} are masked: solved for, never shown."
        + " This holds against the person's own resting face, which takes 30 s; it is good for "
        "comparing moments of one person, and says nothing about intensities of two people."
    )
