"""Pictures of people: whatever was uploaded becomes a small square, and nothing else of it stays.

Pure functions over bytes; where they are kept is up to the actions.
"""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from hallway.errors import InvalidPicture

# What phones and screens make. Each format is a parser that strangers may feed: no more than these.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_BYTES = 900_000
# A file of a few kilobytes can unfold to gigabytes: its head tells how large before it does.
MOST_PIXELS = 40_000_000
# Shown at up to 96 px on screens with two or three pixels for each.
SIDE = 256
# Every way in which Pillow says that a file is broken or too much.
BROKEN = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def square(uploaded: bytes) -> bytes:
    """The middle of the picture as WebP, without place, time and camera; or `InvalidPicture`."""
    if len(uploaded) > MOST_BYTES:
        raise InvalidPicture
    try:
        with Image.open(BytesIO(uploaded), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise InvalidPicture
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # lets a JPEG be read small at once
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
        fitted = ImageOps.fit(upright, (SIDE, SIDE))
    except BROKEN as error:
        raise InvalidPicture from error
    # Drawn anew: a saved picture would carry along what the opened one knew of itself.
    clean = Image.new("RGBA", fitted.size)
    clean.paste(fitted)
    kept = BytesIO()
    clean.save(kept, "WEBP", quality=85)
    return kept.getvalue()
