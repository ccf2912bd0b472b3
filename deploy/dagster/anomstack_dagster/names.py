"""Names of batches may hold anything; those of Dagster hold letters, digits and underscores of ASCII."""

import hashlib
import re
from collections.abc import Iterable, Mapping

LONGEST = 60


def dagster_names(names: Iterable[str]) -> Mapping[str, str]:
    """A name of its own for each name. One that Dagster takes stays as it is; any other gets a few digits of its hash, so that it is the same
    whatever other names there are.
    """
    given = list(names)
    taken = {name for name in given if _is_valid(name)}
    result: dict[str, str] = {}
    for name in given:
        if _is_valid(name):
            result[name] = name
            continue
        digest = hashlib.sha256(name.encode()).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:LONGEST] or "batch"
        candidates = (f"{readable}_{digest[:length]}" for length in range(6, len(digest) + 1))
        result[name] = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(result[name])
    return result


def _is_valid(name: str) -> bool:
    return len(name) <= LONGEST and re.fullmatch(r"[A-Za-z0-9_]+", name) is not None


def tag_value(text: str) -> str:
    """A text as Dagster takes it for the value of a tag of a definition."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:63]
