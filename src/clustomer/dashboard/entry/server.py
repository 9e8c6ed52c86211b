"""Streamlit's own command, which loads what pages are made with while it starts.

Loading takes seconds, which the first reader would wait for.
"""

from importlib import import_module
from threading import Thread

from streamlit.web.cli import main

if __name__ == "__main__":
    Thread(target=import_module, args=("clustomer.dashboard.reading",), daemon=True).start()
    main(prog_name="streamlit")
