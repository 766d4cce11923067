"""Where transforms compute: Spark with its JVM and cluster, Sail with its process, and how both read and write tables.

Other packages import from here only. `__init__.pyi` lists the names; their modules are imported at first use.
"""

from transforms_api.door import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
