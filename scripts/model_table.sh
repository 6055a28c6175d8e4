#!/usr/bin/env bash
# The model tables of docs/evaluation.md: every model and baseline on two simulated cohorts.
# Usage: scripts/model_table.sh OUT [WORKERS]; a run that was stopped goes on where it was.
set -euo pipefail
OUT=${1:?folder to write}
WORKERS=${2:-2}
cohort() {  # name, participants, segments, repeats
  if [ ! -f "$OUT/$1/cohort/labels.csv" ]; then
    clinic simulate --level features --participants "$2" --seed 2028 --out "$OUT/$1/cohort" \
      "features.n_segments=$3" features.n_features=32 features.largest_slope=0.12
  fi
  clinic evaluate "$OUT/$1/cohort" --out "$OUT/$1/evaluation" --workers "$WORKERS" \
    experiment=simulated "splits.n_repeats=$4" "title='Simulated cohort, $2 participants'"
}

cohort n275 275 '[60,60]' 5
cohort n1000 1000 '[8,14]' 1
