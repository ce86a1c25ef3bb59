"""The advisories that docs/security/vex.json explains, as options of pip-audit; fails when they are old."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

VEX = Path(__file__).parent.parent / "docs" / "security" / "vex.json"
MOST = timedelta(days=180)

vex = json.loads(VEX.read_text(encoding="utf-8"))
age = datetime.now(UTC) - datetime.fromisoformat(vex["timestamp"])
if age > MOST:
    sys.exit(f"{VEX.name} is {age.days} days old: look whether its reasons still hold, then renew its timestamp")
for statement in vex["statements"]:
    vulnerability = statement["vulnerability"]
    for name in (vulnerability["name"], *vulnerability["aliases"]):
        print(f"--ignore-vuln={name}")
