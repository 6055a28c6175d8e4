"""Environment variables that keep libraries silent and offline, set before they are imported."""

import os

#: Forced: patient data must not meet a library that calls home.
FORCED = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "PYANNOTE_METRICS_ENABLED": "0",
}

#: Preferred: chatter of native libraries, and thread counts that suit worker processes.
PREFERRED = {
    "GLOG_minloglevel": "3",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TOKENIZERS_PARALLELISM": "false",
    "MPLBACKEND": "Agg",
}


def close_outside_world() -> None:
    """Set the variables; a preferred one that the user set already stays as it is."""
    os.environ.update(FORCED)
    for name, value in PREFERRED.items():
        os.environ.setdefault(name, value)
