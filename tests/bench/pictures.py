"""Draw the README's pictures of the example store: `python tests/bench/pictures.py` writes ``.github/images``."""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browsing import chromium, served  # noqa: E402  # found there
from generator.build import build  # noqa: E402
from generator.settings import Settings  # noqa: E402

APP = "apps/wdc_asset_bridge/index.html"
APPS = ("wdc_asset_bridge", "wdc_chat_requests", "wdc_directory_sync")
PICTURES = {
    "list": ("index.html", 1280, 860, "light"),
    "search": ("index.html?q=encrypted", 1280, 640, "light"),
    "detail": (APP, 1280, 860, "light"),
    "compliance": (f"{APP}#compliance", 1280, 860, "light"),
    "security": ("security/index.html", 1280, 720, "light"),
    "compare": (f"compare/index.html?app={'&app='.join(APPS)}", 1280, 860, "light"),
    "changes": (f"{APP}#changes", 1280, 860, "dark"),
    "narrow": (APP, 390, 780, "dark"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        content = shutil.copytree(ROOT / "content", Path(name) / "content")  # a build keeps history there
        build(Settings(content, site, indexes=True), lambda *_: None)
        with served(site) as address, chromium() as browser:
            for picture, (path, width, height, scheme) in PICTURES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(address + path, wait_until="networkidle")
                page.mouse.move(0, 0)
                page.wait_for_timeout(800)
                drawn = Image.open(io.BytesIO(page.screenshot()))
                flat = drawn.convert("RGB").quantize(128, dither=Image.Dither.NONE)
                flat.save(ROOT / ".github" / "images" / f"{picture}.png", optimize=True)
                page.close()


if __name__ == "__main__":
    main()
