#!/bin/sh
# Installs Schemathesis from PyPI into a folder of its own, and prints the folder. Needs Python 3.10 or newer with venv
# (`apt-get install python3-venv`). Parallel runs wait for each other.
set -eu

version=4.32.5
folder=${XDG_CACHE_HOME:-$HOME/.cache}/lastgood-test/schemathesis-$version

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ ! -e "$folder/done" ]; then
  python3 -m venv --clear "$folder/venv" >&2
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --requirement "$(dirname "$0")/requirements.txt" >&2
  touch "$folder/done"
fi
echo "$folder"
