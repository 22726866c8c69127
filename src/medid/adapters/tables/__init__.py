"""Files of other registers, row by row: CSV, TSV, JSON lines, FHIR, XLSX, fixed width.

A row that cannot be read says why and never stops the rest. No more than one row is in
memory, however long the file is.
"""

from medid.adapters.tables.opening import Table, open_table

__all__ = ["Table", "open_table"]
