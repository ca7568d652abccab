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


def alternatives(names: Iterable[object]) -> str:
    """Quoted, with commas and an `or` between them."""
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last
