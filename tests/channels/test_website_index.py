"""The full-text index of a site: what it finds, how little a publication writes, what is left of a withdrawn text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.website.static import index
from channels.website.static.index import Index, Progress, content_of, fold, packed_of, shard_of, terms, unpacked


class Files(dict[str, bytes]):
    """Files in memory; ``written`` is what was written since it was emptied."""

    def __init__(self) -> None:
        super().__init__()
        self.written: set[str] = set()

    def put(self, name: str, content: bytes) -> None:
        if self.get(name) != content:
            self[name] = content
            self.written.add(name)

    def remove(self, name: str) -> None:
        self.pop(name, None)

    def read(self, name: str) -> bytes | None:
        return self.get(name)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that a few dozen items fill many of them."""
    for name, value in {"BLOCK": 2, "PART": 4, "JOIN": 3, "SMALL_SHARDS": 3, "LARGE_SHARDS": 6}.items():
        monkeypatch.setattr(index, name, value)


def found(files: Files, progress: Progress, last: int, word: str) -> list[int]:
    """What a browser finds that reads the files by the rules of search.js: all terms of one word."""
    numbers: set[int] = set()
    large, closed = progress.joined, progress.closed
    parts = [("l", number, number * index.PART * index.JOIN, index.LARGE_SHARDS) for number in range(large)]
    parts += [("s", number, number * index.PART, index.SMALL_SHARDS) for number in range(large * index.JOIN, closed)]
    for kind, number, first, shards in parts:
        sets = []
        for term in terms(fold(word)):
            postings = content_of(files[f"assets/search/{kind}{number}-{shard_of(term, shards)}.js"])
            sets.append({first + (value >> 1) for value in unpacked(postings.get(term, []))})
        numbers |= set.intersection(*sets)
    for number in range(closed * index.PART, last + 1):
        block = content_of(files.get(f"assets/search/t{number // index.BLOCK}.js", b'portalData("t",{});'))
        if any(word in text for text in block.get(str(number), [])):
            numbers.add(number)
    return sorted(numbers)


@pytest.mark.usefixtures("small")
def test_an_item_is_found_wherever_it_stands_and_by_none_of_its_words_once_it_is_gone() -> None:
    files = Files()
    kept = Index(files, Progress())
    for number in range(1, 41):
        kept.put(number, f"第{number}条", "知识产权" if number % 3 else "科技活动")
        kept.go_on(number)
    assert kept.progress == Progress(closed=9, joined=2, begun=1), "larger parts, some files of the next, parts, texts"
    expected = [number for number in range(1, 41) if number % 3]
    assert found(files, kept.progress, 40, "知识产权") == expected
    for number in (1, 26, 35, 40):
        kept.remove(number)
    assert found(files, kept.progress, 40, "知识产权") == [n for n in expected if n not in {1, 26, 35, 40}]
    kept.put(2, "第2条", "科技活动")
    kept.put(27, "第27条", "知识产权")
    assert 2 not in found(files, kept.progress, 40, "知识产权")
    assert 27 in found(files, kept.progress, 40, "知识产权")
    for number in range(1, 41):
        kept.remove(number)
    assert not [name for name, content in files.items() if "知识".encode() in content or "活动".encode() in content]


@pytest.mark.usefixtures("small")
def test_a_new_item_writes_one_block_and_now_and_then_a_part() -> None:
    files = Files()
    kept = Index(files, Progress())
    written = []
    for number in range(1, 61):
        files.written.clear()
        kept.put(number, "标题", f"正文{number}")
        kept.go_on(number)
        written.append(len(files.written))
    assert sorted(set(written)) == [1, 1 + index.LARGE_SHARDS // index.SMALL_SHARDS, 1 + index.SMALL_SHARDS]
    files.written.clear()
    kept.put(60, "标题", "正文60")
    assert files.written == set(), "the same text again"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("知识产权局", {"知识", "识产", "产权", "权局"}),
        ("攀科〔2026〕12号", {"攀科", "2026", "12", "号"}),
        ("ＷＴＯ与５Ｇ", {"wto", "与", "5g"}),
        ("镕钒𬭚", {"镕钒", "钒𬭚"}),
        ("，。 ", set()),
    ],
)
def test_text_is_found_by_words_and_pairs_of_characters(text: str, expected: set[str]) -> None:
    assert terms(fold(text)) == expected


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10_000), unique=True).map(sorted))
def test_packed_numbers_come_back(values: list[int]) -> None:
    assert unpacked(packed_of(values)) == values


def test_what_ends_a_line_in_old_browsers_does_not_end_a_script() -> None:
    content = index.script("t0", {"1": ["\u2028", '"</script>']})
    assert b"\xe2\x80\xa8" not in content
    assert content_of(content) == {"1": ["\u2028", '"</script>']}
