"""Parts of the bench as it makes them, for the tests of what is said about them."""

from typing import Any

from evals.bench import attack, load, soak
from evals.bench.clients import Asked

HELD = {"memory": 400.0, "files": 20, "threads": 9, "tasks": 3, "temporary": 0}


def measured(
    words: float = 4.0, errors: int = 0, spent: int = 9, waited: float = 0.15, seconds: float = 60.0, **grown: float
) -> dict[str, Any]:
    """Parts as the bench makes them: 200 readers and one in both modes, both attacks, a long run that may grow."""
    everyone = [("quote", 200, words), ("quote", 1, 2.0), ("llm", 200, words), ("llm", 1, 2.0)]
    rows = []
    for mode, users, first in everyone:
        each = [Asked("api", "answered", first + 1, 0.1, first, mode), *[Asked("api", "error", 1.0)] * errors]
        rows.append(load.summary(load.Scenario(mode, users), [each] * users, 4.0, 0.5))  # type: ignore[arg-type]
    idle, attacked = ([Asked("api", "answered", total)] for total in (0.1, waited))
    kinds = ("one address", "ever new addresses")
    attacks = [attack.summary(kind, idle, attacked, [], spent, 3) | {"budget": 10} for kind in kinds]
    samples = [{"chats": chats, **HELD} for chats in (0, 1000, 10_000)]
    samples[-1] |= {name: HELD[name] + more for name, more in grown.items()}
    long = {"chats": 10_000, "samples": samples, **soak.verdict(samples, soak.Tally())}
    return {"load": {"rows": rows}, "attack": attack.part(attacks, seconds, 50), "soak": long}
