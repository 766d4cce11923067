"""What a compute function receives: inputs, outputs, files, the context, external sources, language models.

Other packages import from here only. `__init__.pyi` lists the names; their modules are imported at first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
