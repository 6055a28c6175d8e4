"""Small trained heads: from a feature vector to affect."""

from clinic.inconsistency.heads.dense_head import DenseHead, load_dense_head

__all__ = ["DenseHead", "load_dense_head"]
