"""The encoding of a text file is read from its bytes, or the file is refused with what to set."""

from pathlib import Path

import pytest

from transforms_api.errors import ImportSourceError
from transforms_api.importing.detection import find_encoding

GERMAN = "id,rep\n1,Anke Müller\n2,Anke Möller\n"
RUSSIAN = "ID,Ответственный\n1,Тихон Громославцев\n2,Ёлкин Савва\n"


def _file(folder: Path, text: str, encoding: str) -> Path:
    file = folder / "deals.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "cp1252"),
        (GERMAN, "latin-1"),
        ("id,rep\n1,Çağrı Işık\n2,Şirket\n", "cp1254"),
        ("id,rep\n1,Łukasz „Żółć” Dąbrowski\n2,Świętosław\n", "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
    ],
)
def test_text_reads_as_it_was_written(tmp_path, text, encoding):
    file = _file(tmp_path, text, encoding)
    assert file.read_bytes().decode(find_encoding(file).name) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,rep\n1,Γιώργος\n2,όνομα\n", "cp1253"),
        ("id,rep\n1,张伟\n2,有限公司\n", "gb18030"),
        ("id,rep\n1,Müller\n2,Möller\n", "mac-roman"),
    ],
)
def test_text_with_two_plausible_readings_is_refused_with_what_to_set(tmp_path, text, encoding):
    with pytest.raises(ImportSourceError, match=r"deals.csv: the encoding cannot be determined.*State"):
        find_encoding(_file(tmp_path, text, encoding))


@pytest.mark.parametrize("encoding", ["cp1254", "gb18030"])
def test_a_stated_encoding_is_used(tmp_path, encoding):
    file = _file(tmp_path, "id,rep\n1,abc\n", encoding)
    assert find_encoding(file, encoding).name == encoding


def test_a_stated_encoding_that_does_not_fit_names_line_and_byte(tmp_path):
    with pytest.raises(ImportSourceError, match="line 2: byte 0xfc is not valid in utf-8"):
        find_encoding(_file(tmp_path, GERMAN, "cp1252"), "utf-8")


def test_a_reading_that_another_encoding_would_change_is_noted(tmp_path):
    notes = find_encoding(_file(tmp_path, "id,rep\n1,Niño\n", "latin-1")).notes
    assert notes == ("not UTF-8; read as cp1252", "as cp1250 'Niño' would be 'Nińo': state encoding if that is right")


def test_a_workbook_named_csv_is_refused(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(ImportSourceError, match="is a workbook or an archive"):
        find_encoding(file)
