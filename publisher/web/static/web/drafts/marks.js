/* Findings of the checks, marked in the editor where they stand. The marks are no part of the text. */
import { Extension, pm } from "../../django_prose_editor/editor.js";

const { Plugin, PluginKey } = pm.state;
const { Decoration, DecorationSet } = pm.view;
const KEY = new PluginKey("findings");
const BLANK = /[ \u3000]/;

export const FindingMarks = Extension.create({
  name: "findingMarks",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key: KEY,
        state: {
          init: () => DecorationSet.empty,
          apply(transaction, marks) {
            const findings = transaction.getMeta(KEY);
            return findings ? marksOf(transaction.doc, findings) : marks.map(transaction.mapping, transaction.doc);
          },
        },
        props: { decorations: (state) => KEY.getState(state) },
      }),
    ];
  },
});

export function showMarks(editor, findings) {
  editor.view.dispatch(editor.state.tr.setMeta(KEY, findings).setMeta("addToHistory", false));
}

/* From where to where finding `number` stands now; nothing where it has no mark. */
export function rangeOf(editor, number) {
  const marks = KEY.getState(editor.state).find(undefined, undefined, (spec) => spec.number === number);
  return marks.length ? { from: marks[0].from, to: marks[0].to } : null;
}

function marksOf(doc, findings) {
  const places = placesOf(doc);
  const marks = [];
  for (const finding of findings) {
    const { part, number, row, column, channel } = finding.where;
    const signs = channel ? undefined : places.get([part, number, row, column].join(" "));
    // Counted as on the server; where that does not agree, no mark is better than one in the wrong place.
    if (!signs || signs.length !== finding.length || finding.end <= finding.start) continue;
    const from = signs[finding.start];
    const to = signs[finding.end - 1] + 1;
    marks.push(
      Decoration.inline(from, to, { class: `finding finding-${finding.severity}`, title: finding.message }, { number: finding.number }),
    );
  }
  return DecorationSet.create(doc, marks);
}

/* Where each sign of each paragraph and cell stands, the places named as the server names them. */
function placesOf(doc) {
  const places = new Map();
  let paragraphs = 0;
  let tables = 0;
  doc.descendants((node, spot) => {
    if (node.type.name === "table") {
      tables += 1;
      cellsOf(node, spot, tables, places);
      return false;
    }
    if (!node.isTextblock) return true;
    const signs = signsOf(node, spot);
    if (signs.length) {
      paragraphs += 1;
      places.set(["paragraph", paragraphs, undefined, undefined].join(" "), signs);
    }
    return false;
  });
  return places;
}

function cellsOf(table, spot, number, places) {
  table.forEach((row, rowSpot, rowNumber) => {
    row.forEach((cell, cellSpot, column) => {
      const begin = spot + rowSpot + cellSpot + 3;
      const signs = [];
      cell.forEach((block, blockSpot) => {
        const more = block.isTextblock ? signsOf(block, begin + blockSpot) : [];
        if (signs.length && more.length) signs.push(more[0]);
        signs.push(...more);
      });
      places.set(["cell", number, rowNumber + 1, column + 1].join(" "), signs);
    });
  });
}

/* The spot of every sign of a paragraph as it is kept: without blanks at the ends of its lines. */
function signsOf(block, spot) {
  const lines = [[]];
  const breaks = [];
  block.forEach((child, childSpot) => {
    const begin = spot + 1 + childSpot;
    if (child.isText) {
      for (let place = 0; place < child.text.length; place += 1) {
        lines[lines.length - 1].push([child.text[place], begin + place]);
      }
    } else if (child.type.name === "hardBreak") {
      breaks.push(begin);
      lines.push([]);
    }
  });
  const signs = [];
  lines.forEach((line, number) => {
    if (number) signs.push(breaks[number - 1]);
    let first = 0;
    let last = line.length;
    while (first < last && BLANK.test(line[first][0])) first += 1;
    while (last > first && BLANK.test(line[last - 1][0])) last -= 1;
    // Characters beyond the first plane are two here and one on the server.
    for (const [sign, place] of line.slice(first, last)) if (!/[\udc00-\udfff]/.test(sign)) signs.push(place);
  });
  return lines.some((line) => line.some(([sign]) => !BLANK.test(sign))) ? signs : [];
}
