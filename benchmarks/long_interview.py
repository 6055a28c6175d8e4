"""Cost of screening long 720p interviews, stage by stage, beside the bare libraries.

Run: ``python benchmarks/long_interview.py --work .work/bench --minutes 10 30 60``. One simulated
interview is rendered at 720p and its packets are repeated (no new encoding) until the length is
reached; the transcript is repeated with it. Each length is measured in a fresh process. The
result is ``benchmarks/results/long_interview.json``.
"""

import argparse
import csv
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "long_interview.json"
FACE_RATE_HZ = 10.0


def main() -> None:
    """Make the inputs, measure each length in its own process, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=int, nargs="+", default=[10, 30, 60])
    parser.add_argument("--measure", choices=["screen", "bare"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        step = measure_screening if options.measure == "screen" else measure_bare
        json.dump(step(options.work), sys.stdout)
        return
    source = render(options.work / "source")
    rows = []
    for minutes in options.minutes:
        folder = options.work / f"{minutes}min"
        repeat(source, folder, minutes * 60.0)
        row = {"minutes": minutes, **child(folder, "screen"), "bare": child(folder, "bare")}
        rows.append(row)
        sys.stderr.write(f"{json.dumps(row, indent=1)}\n")
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"cpu": cpu_name(), "cores": os.cpu_count(), "python": platform.python_version()}
    RESULTS.write_text(
        json.dumps(
            {"when": datetime.now(UTC).date().isoformat(), "machine": machine, "rows": rows},
            indent=1,
        )
        + "\n"
    )


def child(folder: Path, what: str) -> dict[str, object]:
    """Measure in a fresh process, so that peak memory is this run's alone."""
    command = [sys.executable, __file__, "--work", str(folder), "--measure", what]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def render(folder: Path) -> Path:
    """Render one simulated interview at 720p."""
    if not (folder / "manifest.csv").is_file():
        command = ["simulate", "--out", str(folder), "--participants", "1", "--seed", "11"]
        video = ["simulate/media@media=hd", "interview.n_topics=16"]
        subprocess.run([sys.executable, "-m", "pipelines.cli", *command, *video], check=True)
    return folder


def repeat(source: Path, folder: Path, length_s: float) -> None:
    """Repeat the packets of the source's only recording until the length is reached."""
    import av

    folder.mkdir(parents=True, exist_ok=True)
    with (source / "manifest.csv").open(newline="") as file:
        entry = next(csv.DictReader(file))
    with (source / entry["transcript_path"]).open(newline="") as file:
        turns = list(csv.DictReader(file))
    media = source / entry["media_path"]
    with av.open(str(media)) as probe:
        # Up to a second of nothing between two rounds: decoding times must never go back.
        loop_s = float(math.ceil(probe.duration / av.time_base + 0.2))
    n_loops = max(1, round(length_s / loop_s))
    with av.open(str(folder / "interview.mp4"), "w") as target:
        streams: dict[int, object] = {}
        for loop in range(n_loops):
            with av.open(str(media)) as reader:
                for stream in reader.streams:
                    if loop == 0:
                        streams[stream.index] = target.add_stream_from_template(stream)
                for packet in reader.demux():
                    if packet.dts is None:
                        continue
                    shift = round(loop * loop_s / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)
    with (folder / "interview.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["start_s", "end_s", "speaker", "text"])
        for loop in range(n_loops):
            for turn in turns:
                shifted = [f"{float(turn[k]) + loop * loop_s:.3f}" for k in ("start_s", "end_s")]
                writer.writerow([*shifted, turn["speaker"], turn["text"]])


def measure_screening(folder: Path) -> dict[str, object]:
    """Screen the one recording in this process with the shipped model and all outputs."""
    from clinic.batch.batch import run_batch
    from clinic.config import compose

    config = compose(
        "screen",
        ["tracking=none"],
        values={
            "input": str(folder),
            "out": str(folder / "out"),
            "workers": 0,
            "resume": False,
        },
    )
    started = time.perf_counter()
    summary = run_batch(config)
    return {
        "cpu_s": dict(summary.cpu_s),
        "cpu_total_s": round(time.process_time(), 2),
        "wall_s": round(time.perf_counter() - started, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def measure_bare(folder: Path) -> dict[str, float]:
    """Call the libraries alone on the same frames and the same stretches of speech."""
    import clinic  # noqa: F401

    return {**_bare_face(folder / "interview.mp4"), **_bare_speech(folder)}


def sampled_frames(path: Path) -> Iterator[object]:
    """Yield RGB frames nearest after each grid point, at full size."""
    import av

    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        due_s = 0.0
        for frame in container.decode(video=0):
            if frame.time >= due_s:
                due_s += 1.0 / FACE_RATE_HZ
                yield frame.to_ndarray(format="rgb24")


def _bare_face(path: Path) -> dict[str, float]:
    import mediapipe

    start = time.process_time()
    n_frames = sum(1 for _ in sampled_frames(path))
    decode_s = time.process_time() - start
    settings = {"refine_landmarks": True, "max_num_faces": 1}
    start = time.process_time()
    with mediapipe.solutions.face_mesh.FaceMesh(**settings) as mesh:
        for image in sampled_frames(path):
            mesh.process(image)
    return {
        "n_frames": n_frames,
        "decode_s": round(decode_s, 2),
        "face_mesh_and_decode_s": round(time.process_time() - start, 2),
    }


def _bare_speech(folder: Path) -> dict[str, float]:
    import av
    import numpy as np
    import opensmile

    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    parts = []
    with av.open(str(folder / "interview.mp4")) as container:
        for frame in container.decode(audio=0):
            parts += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    samples = np.concatenate(parts)
    with (folder / "interview.csv").open(newline="") as file:
        turns = [t for t in csv.DictReader(file) if t["speaker"] == "participant"]
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    start = time.process_time()
    speech_s = 0.0
    for turn in turns:
        low, high = (int(float(turn[k]) * 16_000) for k in ("start_s", "end_s"))
        smile.process_signal(samples[low:high], 16_000)
        speech_s += (high - low) / 16_000
    return {
        "speech_s": round(speech_s, 1),
        "egemaps_s": round(time.process_time() - start, 2),
    }


def cpu_name() -> str:
    """Return the processor's name, or the architecture where the system does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
