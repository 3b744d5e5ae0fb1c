import pytest

from academy.core.text import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Per year:</p><ul><li>last</li><li>this</li></ul>", "Per year: last this"),
        ("one<br/>two", "one two"),
        ("<p>a &lt; b &amp; <b>c</b>d</p>", "a < b & cd"),
        ("", ""),
    ],
)
def test_where_a_block_ends_there_is_a_space(markup, text):
    assert plain_text(markup) == text
