"""Components of ink: glyphs, specks, strokes, and what their shapes say."""
