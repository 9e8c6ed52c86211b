"""Charts, reports, tables and the last screen: what people open."""
