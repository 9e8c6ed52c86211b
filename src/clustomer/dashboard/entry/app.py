"""The script that Streamlit runs; alone in its folder, which Python then looks for modules in."""

from clustomer.dashboard.reading import main

if __name__ == "__main__":
    main()
