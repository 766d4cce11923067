"""The commands. Each parses its arguments, calls the packages below, and prints the result.

Other packages import from here only. `__init__.pyi` lists the names; their modules are imported at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
