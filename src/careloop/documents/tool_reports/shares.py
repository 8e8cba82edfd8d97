"""Counts behind a share, where value and n leave no doubt about them."""

from typing import Final

__all__ = ["hits_of"]

_EXACT: Final = 6e-10
"""How far a share printed with ten digits may be from the fraction that it is."""
_FEWEST_PER_DIGIT: Final = 10**8


def hits_of(value: float | None, n: int | None) -> int | None:
    """The whole number k with k / n = `value`, as far as ten digits tell; null where there is no such number.

    >>> hits_of(0.9851851852, 135), hits_of(0.97, 135), hits_of(0.5, None)
    (133, None, None)
    """
    if value is None or not n or n > _FEWEST_PER_DIGIT or not 0 <= value <= 1:
        return None
    nearest = round(value * n)
    return nearest if abs(nearest / n - value) <= _EXACT else None
