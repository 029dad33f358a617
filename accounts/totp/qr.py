"""Draw a QR code as SVG inside the page."""

from django.utils.safestring import SafeString, mark_safe

# Modules of white around the code: ISO/IEC 18004 asks for four.
QUIET_ZONE = 4


def svg(text: str) -> SafeString:
    """Return the drawing, black on white in every scheme: cameras may not read it the other way.

    It has no size, style or text of its own; what it says stands in the page beside it.
    """
    # Read when a code is drawn: nobody else needs it.
    import segno

    code = segno.make_qr(text, error="m")
    return mark_safe(  # noqa: S308  paths only, whatever the text was
        code.svg_inline(
            border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None, light="#fff"
        )
    )
