"""The script that Streamlit runs, in a folder of its own, in which Python looks for modules."""

from clustomer.dashboard.reading import main

if __name__ == "__main__":
    main()
