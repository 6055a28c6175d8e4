#!/usr/bin/env bash
# Make clinic/models/demonstration again, from nothing. Usage: demonstration_model.sh WORK [WORKERS]
# About an hour on two cores: 220 interviews are rendered, read and learnt from.
set -euo pipefail
work=$1
workers=${2:-2}
model="$(dirname "$0")/../clinic/models/demonstration"

clinic simulate --out "$work/cohort" --participants 220 --seed 2026 --workers "$workers" \
  interview.n_topics=16 media.frame_rate_hz=10
clinic extract "$work/cohort" --out "$work/store" --workers "$workers"
clinic train "$work/store" --labels "$work/cohort/labels.csv" \
  --moments "$work/cohort/moments.csv" --out "$model" \
  identity.name=demonstration \
  "identity.banner='Demonstration model, trained on simulated interviews. Not for clinical use.'" \
  "identity.trained_on='simulated interviews (clinic simulate, seed 2026): synthetic speech, rendered faces, generated answers; no real person'" \
  splits.test_share=0 splits.calibration_share=0.25 tracking_folder="$work/tracking"
# Nobody is set apart for a test here: another cohort is the test (benchmarks/held_out.py).
