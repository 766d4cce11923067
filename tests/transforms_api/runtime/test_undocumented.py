import pytest

from transforms.verbs.columns import any_function
from transforms.verbs.dataframes import map_columns, sort_array_columns
from transforms_api.errors import NotSupportedLocallyError


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (any_function, r"transforms\.verbs\.columns\.any_function"),
        (map_columns, r"transforms\.verbs\.dataframes\.map_columns"),
        (sort_array_columns, r"transforms\.verbs\.dataframes\.sort_array_columns"),
    ],
)
def test_an_undocumented_function_imports_and_says_when_called_that_it_is_unknown(function, name):
    with pytest.raises(NotSupportedLocallyError, match=f"{name} is not documented"):
        function("column")
