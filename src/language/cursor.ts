/** cursor: what an offset of a text is in: the message with its type, the field, the value. */
import type { Field, MessageType } from '../proto/descriptor.js';
import { textOfLiterals } from '../proto/text/strings.js';
import type { Analysis } from './analysis.js';
import {
  fieldAt,
  fieldNamed,
  messageAt,
  type SyntaxField,
  type SyntaxMessage,
  type SyntaxTree,
  type SyntaxValue,
} from './syntax.js';

/** A place in a text. */
export interface Cursor {
  /** The innermost message around it. */
  readonly message: SyntaxMessage;
  /** Undefined where the schema does not have the fields around it. */
  readonly type: MessageType | undefined;
  /** The field that it touches. */
  readonly field: SyntaxField | undefined;
  /** What the schema says of the field. */
  readonly definition: Field | undefined;
  /** It stands where a value is or belongs; otherwise where a field's name is or belongs. */
  readonly isInValue: boolean;
  /** The value that it touches. */
  readonly value: SyntaxValue | undefined;
  /** The layer around it. */
  readonly layer: SyntaxMessage | undefined;
}

export function cursorAt(tree: SyntaxTree, analysis: Pick<Analysis, 'kind' | 'schema'>, offset: number): Cursor {
  const message = messageAt(tree.root, offset);
  const type = typeOfMessage(message, analysis);
  const field = fieldAt(message, offset) ?? openField(tree, message, offset);
  const isInValue = field !== undefined && offset > field.name.end && offset >= (field.colon ?? field.name.end + 1);
  const value = isInValue ? field.values.find(({ start, end }) => start <= offset && offset <= end) : undefined;
  return {
    message,
    type,
    field,
    definition: field && type?.byName.get(field.name.text),
    isInValue,
    value,
    layer: layerAround(message),
  };
}

/** A field whose value is still to come: `kernel_size: `, `dim: [1, `. */
function openField({ tokens }: SyntaxTree, { fields }: SyntaxMessage, offset: number): SyntaxField | undefined {
  const field = fields.findLast(({ start }) => start < offset);
  if (!field || field.colon === undefined || field.end > offset) return undefined;
  const last = tokens.findLast(({ end }) => end <= offset);
  if (!last || last.start < field.start) return undefined;
  if (last.text === ':') return last.end === field.colon ? field : undefined;
  return last.text === ',' && field.values.length > 0 && !isClosedList(tokens, field) && isList(tokens, field)
    ? field
    : undefined;
}

function isList(tokens: SyntaxTree['tokens'], { colon }: SyntaxField): boolean {
  return tokens.find(({ start }) => start >= colon!)?.text === '[';
}

function isClosedList(tokens: SyntaxTree['tokens'], { colon, end }: SyntaxField): boolean {
  return tokens.some((token) => token.start >= colon! && token.end <= end && token.text === ']');
}

/** The type of a message, by the names of the fields around it. */
export function typeOfMessage(
  { parent }: SyntaxMessage,
  analysis: Pick<Analysis, 'kind' | 'schema'>,
): MessageType | undefined {
  if (!parent) return analysis.schema.message(analysis.kind);
  return typeOfMessage(parent.parent, analysis)?.byName.get(parent.name.text)?.messageType;
}

/** The layer that a message is in, or is. */
export function layerAround(message: SyntaxMessage): SyntaxMessage | undefined {
  const { parent } = message;
  if (!parent) return undefined;
  const isLayer = (parent.name.text === 'layer' || parent.name.text === 'layers') && !parent.parent.parent;
  return isLayer ? message : layerAround(parent.parent);
}

/** The text of a field's first value: of a string what it stands for, of a word the word. */
export function textOf(field: SyntaxField | undefined): string | undefined {
  const [value] = field?.values ?? [];
  return value && textOfValue(value);
}

export function textOfValue({ tokens }: SyntaxValue): string | undefined {
  const [first] = tokens;
  if (!first) return undefined;
  if (first.kind !== 'string') return tokens.map(({ text }) => text).join('');
  const isClosed = ({ text }: { text: string }): boolean => text.length > 1 && text.endsWith(text[0]!);
  try {
    return textOfLiterals(tokens.map((token) => (isClosed(token) ? token.text : `${token.text}${token.text[0]!}`)));
  } catch {
    // An escape that is still being typed.
    return undefined;
  }
}

/** Name and type of a layer. */
export function layerLabel(layer: SyntaxMessage): { name: string | undefined; type: string | undefined } {
  return { name: textOf(fieldNamed(layer, 'name')), type: textOf(fieldNamed(layer, 'type')) };
}
