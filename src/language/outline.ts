/** outline: the layers of a text, with the messages in them. */
import { layerLabel, textOf } from './cursor.js';
import type { TextRange } from './places.js';
import type { SyntaxToken } from './scan.js';
import type { SyntaxField, SyntaxMessage } from './syntax.js';

export interface OutlineItem extends TextRange {
  /** Of a layer its name, otherwise that of the field. */
  readonly name: string;
  /** Of a layer its type. */
  readonly detail: string;
  readonly kind: 'layer' | 'message' | 'field';
  /** What is selected when the item is chosen. */
  readonly selection: TextRange;
  readonly children: readonly OutlineItem[];
}

/** The layers, and the settings of the whole net. */
export function outlineOf(root: SyntaxMessage): OutlineItem[] {
  return root.fields.map((field) => itemOf(field, field.name.text === 'layer' || field.name.text === 'layers'));
}

function itemOf(field: SyntaxField, isLayer: boolean): OutlineItem {
  const { name, start, end, values } = field;
  const message = values.find((value) => value.message)?.message;
  const children = (message?.fields ?? []).filter((inner) => inner.values.some((value) => value.message));
  const base = { start, end, selection: rangeOf(name), children: children.map((inner) => itemOf(inner, false)) };
  if (!message) return { ...base, name: name.text, detail: textOf(field) ?? '', kind: 'field' };
  if (!isLayer) return { ...base, name: name.text, detail: '', kind: 'message' };
  const label = layerLabel(message);
  return { ...base, name: label.name ?? nameOfTop(message) ?? name.text, detail: label.type ?? '', kind: 'layer' };
}

function rangeOf({ start, end }: SyntaxToken): TextRange {
  return { start, end };
}

/** A layer without a name is known by what it makes. */
function nameOfTop({ fields }: SyntaxMessage): string | undefined {
  return textOf(fields.find(({ name }) => name.text === 'top'));
}
