/**
 * The tree of a prototxt's text: which characters each field and each of its values takes up, whatever the schema. For edits
 * that leave all else as it was written.
 */
import { Lexer } from './lexer.js';

/** A range of characters. */
export interface Span {
  readonly start: number;
  /** Behind the last. */
  readonly end: number;
}

/** What stands between the braces of a message, or the whole text. */
export interface TextMessage extends Span {
  readonly fields: readonly TextField[];
}

/** `name: value`, `name { … }`, or `name: [value, value]`. */
export interface TextField extends Span {
  readonly name: string;
  readonly values: readonly TextValue[];
  /** Written as a short list. */
  readonly isList: boolean;
}

/** One value: a number, a word, one or more literals that are one string, or a message with its braces. */
export interface TextValue extends Span {
  readonly message?: TextMessage;
}

/**
 * The tree of a text that {@link parsePrototxt} takes.
 * @throws NetspecError where a token is malformed or a brace is missing
 */
export function treeOf(text: string): TextMessage {
  const lexer = new Lexer(text);
  lexer.next();
  return { start: 0, end: text.length, fields: fieldsUpTo(lexer, '') };
}

function fieldsUpTo(lexer: Lexer, close: string): TextField[] {
  const fields: TextField[] = [];
  while (lexer.kind !== 'end' && (close === '' || lexer.text !== close)) fields.push(field(lexer));
  return fields;
}

function field(lexer: Lexer): TextField {
  const { start, text: name } = lexer;
  lexer.next();
  if (lexer.text === ':') lexer.next();
  const isList = lexer.text === '[';
  const values: TextValue[] = [];
  let end: number;
  if (isList) {
    lexer.next();
    while (lexer.kind !== 'end' && lexer.text !== ']') {
      values.push(value(lexer));
      if (lexer.text === ',') lexer.next();
    }
    ({ end } = lexer);
    lexer.next();
  } else {
    values.push(value(lexer));
    ({ end } = values[0]!);
  }
  if (lexer.text === ';' || lexer.text === ',') {
    ({ end } = lexer);
    lexer.next();
  }
  return { name, start, end, values, isList };
}

function value(lexer: Lexer): TextValue {
  const { start } = lexer;
  let { end } = lexer;
  if (lexer.text === '{' || lexer.text === '<') {
    const close = lexer.text === '{' ? '}' : '>';
    lexer.next();
    const fields = fieldsUpTo(lexer, close);
    const message = { start: end, end: lexer.start, fields };
    ({ end } = lexer);
    lexer.next();
    return { start, end, message };
  }
  if (lexer.text === '-') {
    lexer.next();
    ({ end } = lexer);
  }
  const isString = lexer.kind === 'string';
  lexer.next();
  while (isString && (lexer.kind as string) === 'string') {
    ({ end } = lexer);
    lexer.next();
  }
  return { start, end };
}
