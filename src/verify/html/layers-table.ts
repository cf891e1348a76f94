/** layers-table: every layer's figures as a table that can be sorted and narrowed down. */
import { escapeMarkup } from '../../draw/markup.js';
import { formatFigure } from '../../compare/figures.js';
import type { LayerResult } from '../result.js';
import { MARKS, MEANINGS, errorLevel, verdictOf } from './status.js';

interface Column {
  title: string;
  /** Numbers are sorted as such and stand to the right. */
  figure: boolean;
  /** Text, and what it is sorted by. */
  cell: (layer: LayerResult, position: number) => readonly [text: string, key: string | number];
}

const COLUMNS: readonly Column[] = [
  { title: '#', figure: true, cell: (_layer, position) => [String(position + 1), position] },
  { title: 'layer', figure: false, cell: ({ label }) => [label, label] },
  { title: 'type', figure: false, cell: ({ type }) => [type, type] },
  { title: 'shape', figure: false, cell: ({ shape }) => [shape.join('x'), shape.join('x')] },
  { title: 'max abs', figure: true, cell: ({ comparison }) => figure(comparison?.maxAbs) },
  { title: 'max rel', figure: true, cell: ({ comparison }) => figure(comparison?.maxRel) },
  {
    title: 'cosine',
    figure: true,
    cell: ({ comparison: c }) => (c ? [Number.isNaN(c.cosine) ? 'nan' : c.cosine.toFixed(6), c.cosine] : ['', '']),
  },
  {
    title: 'outside',
    figure: true,
    cell: ({ comparison: c }) => (c ? [c.outside === 0 ? '0' : `${c.outside} of ${c.count}`, c.outside] : ['', '']),
  },
  { title: 'max rel alone', figure: true, cell: ({ isolated }) => figure(isolated?.comparison?.maxRel) },
  {
    title: 'verdict',
    figure: false,
    cell: (layer) => [`${MARKS[verdictOf(layer)]} ${MEANINGS[verdictOf(layer)]}`, verdictOf(layer)],
  },
];

/** The table's HTML, a row a top; rows have `data-row`, the layer's index, and cells what they are sorted by. */
export function layersTable(layers: readonly LayerResult[]): string {
  const head = COLUMNS.map(
    ({ title, figure }, i) =>
      `<th scope="col"${figure ? ' class="figure"' : ''}${i === 0 ? ' aria-sort="ascending"' : ''}>` +
      `<button type="button" data-column="${i}">${title}</button></th>`,
  );
  const rows = layers.map((layer, position) => {
    const cells = COLUMNS.map(({ title, figure, cell }) => {
      const [text, key] = cell(layer, position);
      const content =
        title === 'layer' ? `<a href="#" data-layer="${layer.index}">${escapeMarkup(text)}</a>` : escapeMarkup(text);
      const sortKey = String(key) === text ? '' : ` data-key="${escapeMarkup(String(key))}"`;
      return `<td${figure ? ' class="figure"' : ''}${sortKey}>${content}</td>`;
    });
    return `<tr data-row="${layer.index}" data-verdict="${verdictOf(layer)}" class="${verdictOf(layer)} ${errorLevel(layer)}">${cells.join('')}</tr>`;
  });
  return `<table id="layers"><thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function figure(value: number | undefined): readonly [string, string | number] {
  return value === undefined ? ['', ''] : [formatFigure(value), value];
}
