"""Text: separated fields and JSON, whatever its encoding, line ends and flaws."""
