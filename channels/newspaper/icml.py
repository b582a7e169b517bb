"""The item as an InCopy story (.icml), which InDesign places; the newspaper's own styles win by their names.

The structure is the one pandoc writes. No schema of it is public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from channels.markup import NOT_XML, Block, Run
from channels.newspaper.piece import Piece
from channels.newspaper.plain import picture_mark

TITLE, AUTHOR, BODY, SUBHEAD, CAPTION, COLUMN = "主标题", "作者", "正文", "小标题", "图说", "栏目"
PARAGRAPHS = (COLUMN, TITLE, AUTHOR, BODY, SUBHEAD, CAPTION)
CHARACTERS = {"Bold": 'FontStyle="Bold"', "Italic": 'FontStyle="Italic"', "BoldItalic": 'FontStyle="Bold Italic"'}
NO_STYLE = "CharacterStyle/$ID/[No character style]"

HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<?aid style="50" type="snippet" readerVersion="6.0" featureSet="513" product="8.0(370)" ?>
<?aid SnippetType="InCopyInterchange"?>
"""

Paragraph = tuple[str, Sequence[Run]]


def icml_file(piece: Piece) -> bytes:
    """The bytes of an .icml file. Pictures are not inside: a mark shows where each belongs."""
    paragraphs = [(style, runs) for style, runs in _paragraphs(piece) if any(run.text.strip() for run in runs)]
    story = "\n    <Br/>\n".join(_paragraph(style, runs) for style, runs in paragraphs)
    lines = [
        f'{HEAD}<Document DOMVersion="8.0" Self="publisher_doc">',
        '  <RootCharacterStyleGroup Self="publisher_character_styles">',
        '    <CharacterStyle Self="CharacterStyle/$ID/[No character style]" Name="$ID/[No character style]"/>',
        *(
            f'    <CharacterStyle Self="CharacterStyle/{name}" Name="{name}" {look}/>'
            for name, look in CHARACTERS.items()
        ),
        "  </RootCharacterStyleGroup>",
        '  <RootParagraphStyleGroup Self="publisher_paragraph_styles">',
        *(f'    <ParagraphStyle Self="ParagraphStyle/{name}" Name="{name}"/>' for name in PARAGRAPHS),
        "  </RootParagraphStyleGroup>",
        f'  <Story Self="publisher_story" TrackChanges="false" StoryTitle={quoteattr(_clean(piece.title))}'
        ' AppliedTOCStyle="n" AppliedNamedGrid="n">',
        '    <StoryPreference OpticalMarginAlignment="false" OpticalMarginSize="12"/>',
        story,
        "  </Story>",
        "</Document>",
        "",
    ]
    return "\n".join(lines).encode()


def _paragraphs(piece: Piece) -> Iterator[Paragraph]:
    yield COLUMN, [Run(piece.column_title)]
    yield TITLE, [Run(piece.title)]
    yield AUTHOR, [Run(piece.byline)]
    numbers: dict[str, int] = {}
    for block in piece.content:
        if block.kind == "picture":
            yield CAPTION, [Run(picture_mark(numbers.setdefault(block.sha256, len(numbers) + 1)))]
        else:
            yield from _of_block(block)


def _of_block(block: Block) -> Iterator[Paragraph]:
    style = {"heading": SUBHEAD, "caption": CAPTION}.get(block.kind, BODY)
    if block.kind == "table":
        yield from ((BODY, [Run(line)]) for line in block.lines())
    elif block.mark:
        yield style, [Run(f"{block.mark} "), *block.runs]
    else:
        yield style, block.runs


def _paragraph(style: str, runs: Iterable[Run]) -> str:
    inner = "\n".join(_range(run) for run in runs if run.text)
    return (
        f'    <ParagraphStyleRange AppliedParagraphStyle="ParagraphStyle/{style}">\n{inner}\n    </ParagraphStyleRange>'
    )


def _range(run: Run) -> str:
    """One run; a line break inside a paragraph is its own character in InDesign."""
    content = escape(_clean(run.text)).replace("\n", "\u2028")
    return (
        f'      <CharacterStyleRange AppliedCharacterStyle="{_style(run)}">\n'
        f"        <Content>{content}</Content>\n      </CharacterStyleRange>"
    )


def _style(run: Run) -> str:
    name = f"{'Bold' if run.style.bold else ''}{'Italic' if run.style.italic else ''}"
    return f"CharacterStyle/{name}" if name else NO_STYLE


def _clean(text: str) -> str:
    return NOT_XML.sub("", text)
