from .entries import (
    collect_entries as collect_entries,
)
from .pages import (
    render_pages as render_pages,
)
from .pages import (
    write_dictionary as write_dictionary,
)
from .svg import (
    svg_picture as svg_picture,
)
from .text import (
    BACKGROUND as BACKGROUND,
)
from .text import (
    BLUE as BLUE,
)
from .text import (
    BORDER as BORDER,
)
from .text import (
    CARD as CARD,
)
from .text import (
    FAINT_TEXT as FAINT_TEXT,
)
from .text import (
    GREEN as GREEN,
)
from .text import (
    ORANGE as ORANGE,
)
from .text import (
    RED as RED,
)
from .text import (
    TEXT as TEXT,
)
from .text import (
    VIOLET as VIOLET,
)
from .text import (
    YELLOW as YELLOW,
)
from .text import (
    mermaid_picture as mermaid_picture,
)
from .text import (
    short_names as short_names,
)
from .text import (
    text_picture as text_picture,
)
