"""Previews of one file, drawn in a process of its own: a decoder meets what strangers made.

Run as a script with nothing of the server in its memory or environment, under limits of time and
memory: ``render.py SOURCE MEDIA_TYPE FOLDER``. Prints JSON ``{width, height, pages, variants}`` and
leaves ``small.webp`` and ``large.webp`` in the folder. Fails on what it cannot decode, and then
says no more than what it knew.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

MEMORY = 2 * 1024**3
SECONDS = 20
LARGEST_OUTPUT = 16 * 1024**2
# Pixels. What is larger has no preview.
MOST_PIXELS = 120_000_000
SIDES = {"small": 320, "large": 1280}
QUALITY = 80


def limit_this_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def draw(source: Path, media_type: str, folder: Path, known: dict[str, Any]) -> None:
    """Fill ``known`` with what is found, in the order in which it is."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    if media_type == "application/pdf":
        picture = first_page(source, known)
    else:
        opened = Image.open(source)
        turned = opened.getexif().get(0x0112, 1) >= 5
        known["width"], known["height"] = opened.size[::-1] if turned else opened.size
        # A JPEG is decoded no larger than is needed.
        opened.draft("RGB", (SIDES["large"] * 2, SIDES["large"] * 2))
        picture = ImageOps.exif_transpose(opened)
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    picture = picture.convert("RGBA" if has_alpha else "RGB")
    variants = {}
    for name in ("large", "small"):
        picture.thumbnail((SIDES[name], SIDES[name]))
        # Only pixels are handed on: no place, no device, no comment.
        bare = Image.new(picture.mode, picture.size)
        bare.paste(picture)
        target = folder / f"{name}.webp"
        bare.save(target, "WEBP", quality=QUALITY, method=2)
        size = target.stat().st_size
        variants[name] = {"width": bare.width, "height": bare.height, "size": size}
    known["variants"] = variants


def first_page(source: Path, known: dict[str, Any]) -> Any:
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    known["pages"] = len(document)
    page = document[0]
    width, height = page.get_size()
    scale = SIDES["large"] / max(width, height, 1)
    return page.render(scale=scale).to_pil()


def main() -> None:
    limit_this_process()
    known: dict[str, Any] = {"width": None, "height": None, "pages": None, "variants": {}}
    source, media_type, folder = sys.argv[1:]
    try:
        draw(Path(source), media_type, Path(folder), known)
    finally:
        sys.stdout.write(json.dumps(known))


if __name__ == "__main__":
    main()
