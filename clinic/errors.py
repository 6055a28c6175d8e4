"""Errors whose class says what the caller does next.

A message says what came, what was needed, and which setting decides. It may hold a
recording id, never a name, a quotation or a path of a patient's file.
"""


class ClinicError(Exception):
    """Base of every error that this package raises on purpose."""


class DataError(ClinicError):
    """This recording cannot be used; the batch goes on with the next one."""


class SetupError(ClinicError):
    """Nothing can run until a person changes the installation or the settings."""
