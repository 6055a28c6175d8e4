"""Composed settings, and the one way in which components are built from them."""

from clinic.config.building import build, build_list
from clinic.config.composing import compose, conf_folder, settings_digest, to_yaml

__all__ = ["build", "build_list", "compose", "conf_folder", "settings_digest", "to_yaml"]
