"""Reading interviews and writing results: media, transcripts, manifests, segments, stores."""

from clinic.io.manifest import ManifestEntry, ManifestReader
from clinic.io.reading import RecordingReader
from clinic.io.segments import Segmentation, Segmenter
from clinic.io.voice import VoiceActivity

__all__ = [
    "ManifestEntry",
    "ManifestReader",
    "RecordingReader",
    "Segmentation",
    "Segmenter",
    "VoiceActivity",
]
