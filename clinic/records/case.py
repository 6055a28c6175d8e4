"""Everything a fusion model may look at, and what a reference says, for one recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clinic.records.features import FeatureTable
from clinic.records.modality import Condition
from clinic.records.transcript import Segment


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Segment-level features of one recording; the unit of a feature store.

    Args:
        tables: One per component, each with one row a segment, names unique. A component
            whose modality was absent still has its table: all NaN, coverage 0.

    Raises:
        ValueError: Rows do not match the segments, or a table name repeats.
    """

    recording_id: str
    participant_id: str
    segments: tuple[Segment, ...]
    tables: tuple[FeatureTable, ...]

    def __post_init__(self) -> None:
        names = [table.name for table in self.tables]
        if len(set(names)) != len(names):
            raise ValueError(f"case {self.recording_id}: a table name repeats")
        for table in self.tables:
            if table.row_kind != "segment" or table.n_rows != len(self.segments):
                raise ValueError(
                    f"case {self.recording_id}: table {table.name} has {table.n_rows} "
                    f"{table.row_kind} rows, {len(self.segments)} segments"
                )

    def table(self, name: str) -> FeatureTable:
        """Return one table.

        Raises:
            KeyError: No such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"case {self.recording_id} has no table {name}")


@dataclass(frozen=True, kw_only=True)
class MomentLabel:
    """Whether observers saw A/H in one stretch."""

    start_s: float
    end_s: float
    shown: bool


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What questionnaires and observers said about one recording.

    Args:
        scores: Per condition on its own scale; a condition without a reference is left out.
        moments: Per stretch A/H, empty where nobody rated moments.
        items: Per condition the answers to the questionnaire's items in the scale's order, NaN
            where one is blank; a condition without items is left out.
        votes: Per condition how many raters chose each band, in the scale's order, where
            several people rated.
        attributes: Grouping columns for subgroup tables, such as ``sex`` and ``age_band``.
    """

    recording_id: str
    participant_id: str
    scores: Mapping[Condition, float]
    moments: tuple[MomentLabel, ...] = ()
    items: Mapping[Condition, tuple[float, ...]] = field(default_factory=dict)
    votes: Mapping[Condition, tuple[int, ...]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
