"""Agreement of people who sort the same items into classes: Cohen, Scott, Fleiss, Gwet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .figures import NO_PAIRS, NO_VARIATION, Figure, beyond_chance

Matrix = Sequence[Sequence[float]]
Distance = Callable[[int, int], float]


def nominal(one: int, other: int) -> float:
    """Tell classes apart, and nothing more: 0 for the same class, 1 for two."""
    return float(one != other)


def cohen_kappa(matrix: Matrix, *, distance: Distance = nominal) -> Figure:
    """Return κ of two annotators (Cohen 1960), weighted where a distance between classes is given (Cohen 1968).

    `matrix[a][b]` counts the items that the first put into class a and the second into class b. Chance is computed
    from each one's own use of the classes.
    """
    rows, columns = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix, strict=True)]
    return _of_matrix(matrix, rows, columns, distance)


def scott_pi(matrix: Matrix, *, distance: Distance = nominal) -> Figure:
    """Return π of two annotators (Scott 1955): chance is computed from the classes as both together used them."""
    rows, columns = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix, strict=True)]
    both = [(row + column) / 2 for row, column in zip(rows, columns, strict=True)]
    return _of_matrix(matrix, both, both, distance)


def fleiss_kappa(counts: Matrix) -> Figure:
    """Return κ of many annotators (Fleiss 1971): `counts[i][c]` says how many put item i into class c.

    Every item has the same number of annotators, at least two; ValueError otherwise.
    """
    n_items, n_raters = len(counts), int(sum(counts[0])) if counts else 0
    if any(sum(row) != n_raters for row in counts):
        raise ValueError("Fleiss' kappa needs the same number of annotators on every item; α does not.")
    if n_raters < 2:
        return Figure(None, n_items=n_items, n_annotators=n_raters, why=NO_PAIRS)
    pairs = n_raters * (n_raters - 1)
    observed = sum(sum(count * (count - 1) for count in row) / pairs for row in counts) / n_items
    shares = [sum(column) / (n_items * n_raters) for column in zip(*counts, strict=True)]
    return _figure(observed, sum(share**2 for share in shares), n_items, n_raters)


def gwet_ac1(counts: Matrix) -> Figure:
    """Return AC1 (Gwet 2008), which does not fall where nearly everything is of one class.

    `counts[i][c]` says how many annotators put item i into class c; items with fewer than two say what is usual, and
    nothing about agreement.
    """
    rated = [row for row in counts if sum(row)]
    paired = [row for row in rated if sum(row) > 1]
    n_raters = int(max(map(sum, rated), default=0))
    if not paired:
        return Figure(None, n_items=len(rated), n_annotators=n_raters, why=NO_PAIRS)
    agreed = (sum(count * (count - 1) for count in row) / (sum(row) * (sum(row) - 1)) for row in paired)
    usual = [sum(row[c] / sum(row) for row in rated) / len(rated) for c in range(len(rated[0]))]
    expected = sum(share * (1 - share) for share in usual) / (len(usual) - 1) if len(usual) > 1 else 1.0
    if sum(share > 0 for share in usual) < 2:
        return Figure(None, 1.0, expected, len(rated), n_raters, NO_VARIATION)
    return _figure(sum(agreed) / len(paired), expected, len(rated), n_raters)


def _of_matrix(matrix: Matrix, rows: Sequence[float], columns: Sequence[float], distance: Distance) -> Figure:
    total, classes = sum(map(sum, matrix)), range(len(matrix))
    if not total:
        return Figure(None, n_annotators=2, why=NO_PAIRS)
    farthest = max((distance(a, b) for a in classes for b in classes), default=0.0) or 1.0
    apart = sum(matrix[a][b] * distance(a, b) for a in classes for b in classes) / (total * farthest)
    by_chance = sum(rows[a] * columns[b] * distance(a, b) for a in classes for b in classes) / (total**2 * farthest)
    return _figure(1 - apart, 1 - by_chance, int(total), 2)


def _figure(observed: float, expected: float, n_items: int, n_annotators: int) -> Figure:
    value = beyond_chance(observed, expected)
    return Figure(value, observed, expected, n_items, n_annotators, NO_VARIATION if value is None else "")
