"""Tokens: read whole or not at all, never repeated, compared without telling anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.api.tokens import BadTokensError, Role, holder_of, read_tokens

SECRET = "0123456789abcdef0123"
OTHER = "fedcba9876543210fedc"


def test_tokens_come_from_the_environment_or_the_file_it_names(tmp_path):
    lines = f"# the warehouse's\nwarehouse operate {SECRET}\n\nscreen  view\t{OTHER}\n"
    (tmp_path / "tokens").write_text(lines)
    told = read_tokens({"ROBOVAN_HTTP_TOKENS": lines})
    assert told == read_tokens({"ROBOVAN_HTTP_TOKENS_FILE": str(tmp_path / "tokens")})
    assert [(one.name, one.role) for one in told] == [
        ("warehouse", Role.OPERATE),
        ("screen", Role.VIEW),
    ]
    assert holder_of(told, OTHER) == told[1]
    assert holder_of(told, OTHER[:-1]) is None
    assert SECRET not in repr(told)
    assert read_tokens({}) == ()


def test_all_that_is_wrong_is_said_and_no_token_repeated(tmp_path):
    lines = (
        f"a view {SECRET}\na admin {OTHER}\nb root {SECRET}\nc view short\nd{OTHER}\n! view {OTHER}"
    )
    with pytest.raises(BadTokensError) as caught:
        read_tokens({"ROBOVAN_HTTP_TOKENS": lines})
    assert len(caught.value.faults) == 5
    said = str(caught.value)
    assert "DSP-609" in said
    for secret in (SECRET, OTHER, "short"):
        assert secret not in said
    with pytest.raises(BadTokensError, match="no text file"):
        read_tokens({"ROBOVAN_HTTP_TOKENS_FILE": str(tmp_path / "none")})


@given(st.text(max_size=40))
def test_no_other_text_is_taken_for_a_token(text):
    tokens = read_tokens({"ROBOVAN_HTTP_TOKENS": f"a view {SECRET}\nb admin {OTHER}"})
    assert (holder_of(tokens, text) is not None) == (text in (SECRET, OTHER))
