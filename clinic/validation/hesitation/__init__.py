"""Hesitation in consultations (PriMock57)."""
