from .column_graph import (
    ColumnGraph as ColumnGraph,
    Reach as Reach,
)
from .entries import (
    collect_entries as collect_entries,
)
from .pages import (
    render_pages as render_pages,
    write_dictionary as write_dictionary,
)
from .pictures import (
    mermaid_picture as mermaid_picture,
    short_names as short_names,
    svg_picture as svg_picture,
    text_picture as text_picture,
)
