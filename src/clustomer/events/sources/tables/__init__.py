"""Tables: databases, columnar files and workbooks."""
