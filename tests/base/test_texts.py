import pytest

from livemon.base.texts import one_line, paragraphs, shown


@pytest.mark.parametrize("text", ["", "Playroom", "거실 📷", "Bébé's room", "a\u200db"])
def test_plain_text_is_kept_and_space_around_it_is_not(text: str) -> None:
    assert one_line(f" {text}\n") == paragraphs(f"\t{text} ") == text


@pytest.mark.parametrize("wrong", ["\x00", "\x1b", "\x7f", "\x85", "\ud800", "\u2028", "\u202e"])
def test_what_no_page_can_show_is_refused_by_name(wrong: str) -> None:
    for check in (one_line, paragraphs):
        with pytest.raises(ValueError, match="must be plain text, without"):
            check(f"a{wrong}b")


def test_lines_are_kept_where_there_may_be_several() -> None:
    assert paragraphs("one\r\ntwo\n\tthree") == "one\ntwo\n\tthree"
    with pytest.raises(ValueError, match="a line break"):
        one_line("one\ntwo")


def test_a_wrong_value_is_shown_short_and_harmless() -> None:
    assert shown("a\x00\ud800" + "b" * 1000) == "a\\u0000\\ud800" + "b" * 77
