"""Owns files as people have them: CSV, TSV, JSON lines and Singer messages, read as a tap would send them.

`open_source` opens one. It must not know what becomes of a record.
"""

from target_activecampaign.source_files.opening import open_source
from target_activecampaign.source_files.source_file import SourceFile

__all__ = ["SourceFile", "open_source"]
