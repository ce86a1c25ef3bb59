#!/bin/sh
# Try LlamaIndex's OpenAI-like client against a running service, in an environment that is thrown away afterwards.
#   sh docs/clients/openai_like.sh                        starts the service of this checkout for it, on a free port
#   sh docs/clients/openai_like.sh http://127.0.0.1:7860  asks one that runs
# VENV=DIR uses (and keeps) an environment that has llama-index-llms-openai-like already. Not part of CI: it installs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
service=
ended() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    rm -rf "$folder"
}
trap ended EXIT INT TERM

if [ -z "${VENV:-}" ]; then
    VENV="$folder/venv"
    "${PYTHON:-python3}" -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        "llama-index-llms-openai-like==0.8.1" "llama-index-llms-openai==0.8.3" "llama-index-core==0.14.25" \
        "openai==2.54.0"
fi
address=${1:-}
if [ -z "$address" ]; then
    cd "$here/../.."
    .venv/bin/python app.py --port 0 >"$folder/out" 2>"$folder/err" &
    service=$!
    while ! address=$(grep -o 'http://[0-9.:]*' "$folder/out"); do
        kill -0 "$service" 2>/dev/null || { cat "$folder/err" >&2; exit 1; }
        sleep 0.2
    done
fi
"$VENV/bin/python" "$here/openai_like.py" "$address"
