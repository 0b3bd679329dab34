"""Student's t distribution, exact.

SciPy is loaded at the first question: it takes half a second, and the window's pages
are imported together with whoever asks.
"""

from __future__ import annotations


def two_sided_p(t: float, freedom: float) -> float:
    """How often chance alone gives a t as far from 0 as this one, either way."""
    from scipy.special import stdtr  # noqa: PLC0415

    return 2 * float(stdtr(freedom, -abs(t)))


def quantile(probability: float, freedom: float) -> float:
    """The t that stays above a share `probability` of all."""
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(freedom, probability))
