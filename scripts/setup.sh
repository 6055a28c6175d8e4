#!/usr/bin/env bash
# Make the virtual environment. Usage: setup.sh PYTHON VENV
set -euo pipefail
python=$1
venv=$2

"$python" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 13)))' || {
  echo "Python 3.11 or 3.12 needed, $("$python" --version) found: make PYTHON=/path/to/python3.11 ..." >&2
  exit 2
}

# OpenCV (brought by mediapipe) loads these from the system; a bare image lacks them.
missing=()
ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1' || missing+=(libgl1)
ldconfig -p 2>/dev/null | grep -q 'libglib-2\.0\.so\.0' || missing+=(libglib2.0-0)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "${missing[@]}"
  else
    echo "System packages needed by OpenCV are missing: apt-get install ${missing[*]}" >&2
  fi
fi

"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --upgrade pip
# torch first and by exact version: a later package's open range would pull the newest CUDA build.
"$venv/bin/python" -m pip install --quiet 'torch==2.13.0'
"$venv/bin/python" -m pip install --quiet --editable '.[dev]'
"$venv/bin/python" -m pip check
