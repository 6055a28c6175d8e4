"""Nothing calls home: checked in a clean process without the variables of a test run."""

import os
import subprocess
import sys

PROBE = """
import socket
contacted = []
real = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        contacted.append(address)
        raise OSError("blocked")
    return real(self, address)
socket.socket.connect = connect
resolve = socket.getaddrinfo
def getaddrinfo(host, *rest, **more):
    contacted.append(host)
    raise OSError("blocked")
socket.getaddrinfo = getaddrinfo
import clinic
import tempfile, time, pathlib
import mlflow
with tempfile.TemporaryDirectory() as folder:
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("probe", artifact_location=pathlib.Path(folder, "a").as_uri())
    mlflow.set_experiment("probe")
    with mlflow.start_run():
        mlflow.log_metric("x", 1.0)
    time.sleep(1)
import sentence_transformers
try:
    sentence_transformers.SentenceTransformer("all-mpnet-base-v2")
except Exception as error:
    pass
print("CONTACTED", contacted)
"""


def test_tracking_and_text_models_contact_nobody(tmp_path):
    variables = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTEST", "CI", "MLFLOW", "HF_", "TRANSFORMERS", "DO_NOT"))
    }
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=variables,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "CONTACTED []" in done.stdout
