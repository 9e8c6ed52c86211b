"""Power BI: results as a star of Parquet files, a model over them, and finished pages."""

from clustomer.powerbi.project import PowerBIProject, write_powerbi

__all__ = ["PowerBIProject", "write_powerbi"]
