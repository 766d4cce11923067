"""Comparisons of datasets: rows and columns of two versions, the report of a change, the profile of one version.

Other packages import from here only. `__init__.pyi` lists the names; their modules are imported at first use.
"""

from transforms_api.door import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
