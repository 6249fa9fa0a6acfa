"""What confidence promised and kept, as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.wording.said import say, tell_os_error
from workers.files.storage import OutputError
from workers.scoring.metrics import ReliabilityBin, coverage_curve, reliability
from workers.scoring.truth import ScoredField

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Doubts below this are drawn as this: the axes are logarithmic.
_LEAST_DOUBT = 1e-5


def write_reliability(fields: Sequence[ScoredField], stem: Path) -> tuple[Path, Path]:
    """Draws stem.png and stem.svg: doubt promised against doubt kept, and silent errors against coverage.

    Raises:
        OutputError: a picture cannot be written.
    """
    import matplotlib

    matplotlib.use("Agg")
    # The same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "extractor"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_reliability(left, reliability(fields))
    _draw_coverage(right, coverage_curve(fields))
    paths = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")
    try:
        figure.savefig(paths[0], dpi=120, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None})
    except OSError as error:
        raise OutputError(say("system.cannot_write", path=stem, why=tell_os_error(error))) from error
    return paths


def _draw_reliability(axes: Axes, bins: Sequence[ReliabilityBin]) -> None:
    promised = [max(_LEAST_DOUBT, 1 - b.confidence) for b in bins]
    kept = [max(_LEAST_DOUBT, 1 - b.exact) for b in bins]
    axes.loglog([_LEAST_DOUBT, 1], [_LEAST_DOUBT, 1], color="#999999", linewidth=1, label="as promised")
    axes.scatter(
        promised, kept, s=[20 + b.fields**0.5 for b in bins], color="#14532d", label="bins of confidence"
    )
    for b, x, y in zip(bins, promised, kept, strict=True):
        axes.annotate(f"{b.fields}", (x, y), textcoords="offset points", xytext=(6, 6), fontsize=8)
    axes.set(xlabel="share promised to be wrong", ylabel="share wrong", title="Reliability")
    axes.legend()


def _draw_coverage(axes: Axes, curve: Sequence[tuple[float, float]]) -> None:
    axes.plot([100 * share for share, _ in curve], [wrong for _, wrong in curve], color="#14532d")
    axes.set(
        xlabel="fields accepted, %, the most confident first",
        ylabel="wrong among 10,000 accepted",
        title="Accuracy against coverage",
    )
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
