#!/bin/sh
# Known weaknesses of what is installed, secrets, unsafe workflows, and a list of all parts (results/audit). Asks a database
# of advisories, so it is no part of .ci/run; the workflow "supply chain" runs it.
set -eu
cd "$(dirname "$0")/.."

sh requirements/venv.sh .venv-audit
bin=.venv-audit/bin
"$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements/audit.txt
mkdir -p results/audit
failed=0
step() {
    echo "== $1"
    shift
    "$@" || failed=1
}

# Advisories that the VEX note explains do not fail; an old note does.
ignored=$("$bin/python" requirements/vex.py)
for lock in app dev audit llm; do
    # shellcheck disable=SC2086 -- one option a word
    step "advisories: $lock" "$bin/pip-audit" --disable-pip --progress-spinner off $ignored -r "requirements/$lock.txt"
done

step "list of parts" "$bin/cyclonedx-py" requirements requirements/app.txt --pyproject pyproject.toml \
    --output-format JSON --output-file results/audit/sbom.cdx.json
cp docs/security/vex.json results/audit/vex.json

step "workflows" "$bin/zizmor" --quiet --offline .github

# Words like "password" and long hexadecimal numbers (digests) are everywhere here; what keys look like is not.
"$bin/detect-secrets" scan --disable-plugin KeywordDetector --disable-plugin HexHighEntropyString \
    --disable-plugin Base64HighEntropyString >results/audit/secrets.json
step "secrets" "$bin/python" -c "
import json
found = json.load(open('results/audit/secrets.json'))['results']
for name, rows in found.items():
    print(name, *(f\"line {row['line_number']}: {row['type']}\" for row in rows))
raise SystemExit(bool(found))"

exit "$failed"
