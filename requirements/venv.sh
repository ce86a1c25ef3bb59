#!/bin/sh
# Make the virtual environment $1 with the first Python that is new enough, those CI tests first; PYTHON names another.
set -eu

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -x "$1/bin/python" ] && usable "$1/bin/python" && "$1/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
for candidate in ${PYTHON:-python3.12 python3.11 python3.13 python3}; do
    if usable "$candidate"; then
        exec "$candidate" -m venv --clear "$1"
    fi
done
if [ -n "${PYTHON:-}" ]; then
    found=$("$PYTHON" -c 'import platform; print(platform.python_version())' 2>/dev/null) || found="which does not run"
    echo "make: PYTHON=$PYTHON ($found) can't be used; Python 3.11 or newer with the venv module is needed." >&2
else
    echo "make: no Python 3.11 or newer with the venv module was found; install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
fi
exit 2
