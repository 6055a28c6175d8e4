"""Transcripts of many formats, one reader a file, checked and settled in one place."""

from clinic.io.transcripts.reader import SUFFIXES, ReadTranscript, TranscriptReader

__all__ = ["SUFFIXES", "ReadTranscript", "TranscriptReader"]
