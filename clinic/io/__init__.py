"""Reading interviews and writing results: media, transcripts, manifests, segments, stores.

Nothing is imported here, so that writing a file does not cost the import of a decoder.
"""
