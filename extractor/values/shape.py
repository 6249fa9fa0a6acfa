"""What the ink of a short cell looks like, whatever a recogniser makes of it."""

from __future__ import annotations

from dataclasses import dataclass

#: Slope dx/dy (y down) below which a lone stroke is a slash, above which it is upright.
_SLASH_SLOPE, _UPRIGHT_SLOPE = -0.22, -0.12


@dataclass(frozen=True, slots=True)
class Shape:
    """Ink of a short cell.

    slope: dx/dy of a lone stroke, negative leaning right like a slash; None where there are several glyphs.
    minus: a level stroke stands before the digits. level: a level stroke is all there is. bent: the lone stroke is
    no straight one. veiled: faint ink that joins the first digit lies where a minus would be seen.
    """

    slope: float | None = None
    minus: bool = False
    level: bool = False
    bent: bool = False
    veiled: bool = False

    @property
    def leans(self) -> bool:
        """Whether a lone stroke leans as a slash does, straight or not: no 1 does."""
        return self.slope is not None and self.slope < _SLASH_SLOPE

    @property
    def is_slash(self) -> bool:
        return self.leans and not self.bent

    @property
    def is_upright(self) -> bool:
        return self.slope is not None and self.slope > _UPRIGHT_SLOPE
