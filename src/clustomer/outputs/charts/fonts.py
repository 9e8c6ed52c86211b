"""Which faces the texts of a picture are set in."""

import os
import sys
from functools import cache

import vl_convert

from clustomer.unfinished import remove_folder, temporary_folder

_SYSTEM_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_SETTING = "FONTCONFIG_FILE"


@cache
def prefer_bundled_face() -> None:
    """Make the renderer set texts in the face that it brings along, on every machine.

    Where Linux has Liberation Sans too, the renderer would take that one, which may be of
    another version, so that pictures differ between machines; and it would open that file anew
    for every letter, which makes a picture with many words cost twice as much.

    The renderer looks for fonts when it is first used. Nothing changes where this process has
    used it before, or where the user says by FONTCONFIG_FILE which fonts there are.
    """
    if sys.platform != "linux" or _SETTING in os.environ:
        return
    nothing = temporary_folder("clustomer-fonts-")
    settings = nothing / "fonts.conf"
    try:
        settings.write_text(f"<fontconfig><dir>{nothing}</dir></fontconfig>", encoding="utf-8")
        os.environ[_SETTING] = str(settings)
        vl_convert.svg_to_png('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    finally:
        os.environ.pop(_SETTING, None)
        remove_folder(nothing)
    # Behind the bundled face, for the letters that it lacks.
    for folder in map(os.path.expanduser, _SYSTEM_FONTS):
        if os.path.isdir(folder):
            vl_convert.register_font_directory(folder)
