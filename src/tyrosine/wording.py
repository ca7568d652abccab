"""Wording that messages share."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 3
"""How many offenders a message names."""


def first_three(offenders: Iterable[object]) -> str:
    """The first three, with commas between them, and how many more there are."""
    told = [str(offender) for offender in offenders]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def first_line(error: Exception) -> str:
    """The first line that an error of a library says, without the full stop; its class if it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(" .:") if lines else type(error).__name__


def alternatives(names: Iterable[object]) -> str:
    """Quoted, with commas and an `or` between them."""
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last
