"""What is wrong with a picture."""

# A small file can claim to be as large as a continent: whoever decodes it pays for the claim.
MOST_PIXELS = 50_000_000
# A cell in base64 stays below the longest cell that is read.
LARGEST = 7_000_000


class PictureError(ValueError):
    """Bytes are no whole picture; the message says why, in a few words."""


def refuse_size(width: int, height: int) -> None:
    """Raise PictureError for a picture of no pixels, or of more than anybody would teach a model."""
    if not 0 < width * height <= MOST_PIXELS:
        raise PictureError(f"it claims to have {width:,} x {height:,} pixels")
