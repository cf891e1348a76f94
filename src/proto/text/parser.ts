/**
 * Reads prototxt into messages, driven by the schema. Accepts and refuses what protobuf's C++ TextFormat does as Caffe
 * calls it, in its words and at its positions, and remembers where every message and field stands.
 */
import { OPTIONS, SCHEMA, TEXT, checkArguments } from '../../arguments.js';
import { NetspecError, type Address, type NetspecErrorOptions } from '../../errors.js';
import type { MessageName, Messages } from '../../generated/messages.js';
import type { Field, MessageType } from '../descriptor.js';
import { headOfText, wrongKindHint } from '../file-kinds/index.js';
import { unknownFieldHint } from '../forks/field-hints.js';
import { evidenceOfText } from '../forks/text-evidence.js';
import { noteForks, remarkOn } from '../forks/net-forks.js';
import { recognize } from '../forks/recognize.js';
import { OWN_SETTINGS, putValue, tagAddress, tagType, type WithOwnSettings } from '../message.js';
import { defaultSchema, type Schema } from '../schema.js';
import { upgradeNet, upgradeSolver } from '../upgrade.js';
import type { Warn } from '../upgrade/warn.js';
import { RECURSION_LIMIT, mostMessages, tooMany } from '../wire.js';
import { remark } from '../../remarks.js';
import { Lexer } from './lexer.js';
import { isOwnSettings, slipOf } from './own-settings.js';
import { ScalarReader, type Problems } from './scalar-reader.js';
import { UntypedFields } from './untyped-fields.js';

/** How {@link parsePrototxt} reads a text. */
export interface ParseOptions {
  /** Message type of the whole text. Default 'NetParameter'. */
  type?: string;
  /** Bring a NetParameter or SolverParameter in an old format to today's, as Caffe does on loading. Default true. */
  upgrade?: boolean;
  /** Told of each setting that the upgrade had to leave out. Default: nobody is told. */
  onWarning?: Warn;
  /** Name of the file, for errors. */
  file?: string;
  /**
   * The only schema whose fields the text may have: a fork's (see forkSchema) or a vendor's own. Default: BVLC's, or, where the text
   * has fields that BVLC's Caffe lacks, that of the fork that has them all; see forksOf.
   */
  schema?: Schema;
}

/**
 * The message that a prototxt holds. Fields absent from the text are undefined; explicit zeros are there. Floats are
 * rounded to float32, as they are in Caffe. `addressOf` tells where each message and field stands in the text.
 *
 * The grammar is that of protobuf's C++ text format (as of 3.x), which is what Caffe reads with: see docs/prototxt.md.
 * @throws NetspecError where protobuf refuses, with its wording and position, and the nearest valid name.
 * @example
 * const net = parsePrototxt('layer { name: "pool1" type: "Pooling" pooling_param { kernel_size: 2 } }');
 * net.layer![0]!.pooling_param!.kernel_size; // → 2
 */
export function parsePrototxt<N extends MessageName = 'NetParameter'>(
  text: string,
  options?: ParseOptions & { type?: N },
): Messages[N];
export function parsePrototxt(text: string, options: ParseOptions): object;
export function parsePrototxt(text: string, options: ParseOptions = {}): object {
  checkArguments('parsePrototxt()', { text: [text, TEXT], options: [options, OPTIONS] });
  checkArguments('parsePrototxt()', { schema: [options.schema, SCHEMA] });
  const { type = 'NetParameter', upgrade = true, onWarning, file, schema } = options;
  const message = parseAs(type, text, file, schema);
  if (!upgrade) return message;
  try {
    if (type === 'NetParameter') return upgradeNet(message, { onWarning });
    if (type === 'SolverParameter') return upgradeSolver(message);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
  return message;
}

/** What the text holds; where it holds none of it, the error says what it is instead. */
function parseAs(typeName: string, text: string, file: string | undefined, schema: Schema | undefined): object {
  try {
    if (schema) return new Parser(text, file, schema).parse(schema.message(typeName));
    return parseOfAnyFork(typeName, text, file);
  } catch (error) {
    const expected = ({ NetParameter: 'net', SolverParameter: 'solver' } as const)[typeName];
    if (!(error instanceof NetspecError) || !expected) throw error;
    const hint = wrongKindHint(headOfText(text), expected);
    throw hint === undefined ? error : new NetspecError(error.reason, { ...error.details, hint, cause: error });
  }
}

/** Most nets are of BVLC's Caffe: only where one is not, it is looked at which fork it is of. */
function parseOfAnyFork(typeName: string, text: string, file: string | undefined): object {
  try {
    return new Parser(text, file).parse(defaultSchema().message(typeName));
  } catch (error) {
    const evidence = error instanceof NetspecError ? evidenceOfText(text) : undefined;
    const recognized = evidence && recognize(evidence, typeName);
    if (!recognized) throw error;
    const message = new Parser(text, file).parse(recognized.schema.message(typeName));
    noteForks(message, recognized);
    remarkOn(message, recognized);
    return message;
  }
}

type MessageObject = Record<string, unknown>;

class Parser {
  readonly #lexer: Lexer;
  readonly #scalars: ScalarReader;
  readonly #untyped: UntypedFields;
  /** Length of the text, and how many messages it has up to here. */
  readonly #size: number;
  #messages = 0;
  readonly #file: string | undefined;
  /** Names of the fields that enclose the cursor. */
  readonly #path: string[] = [];
  /** The innermost layer that encloses the cursor, and how much of the path is outside it. */
  #layer: { message: MessageObject; depth: number } | undefined;

  readonly #schema: Schema | undefined;
  /** What there is to say of settings that are in no schema. */
  readonly #kept: string[] = [];

  /** @param schema the only one whose fields the text may have, for errors; undefined where all are tried */
  constructor(text: string, file: string | undefined, schema?: Schema) {
    this.#size = text.length;
    this.#file = file;
    this.#schema = schema;
    this.#lexer = new Lexer(text, file);
    const problems: Problems = {
      error: (reason, hint) => this.#error(reason, hint),
      expected: (what, hint) => this.#expected(what, hint),
    };
    this.#scalars = new ScalarReader(this.#lexer, problems);
    this.#untyped = new UntypedFields(this.#lexer, problems, this.#scalars, this.#path);
  }

  parse(type: MessageType): object {
    const start: Address = { line: 1, column: 1 };
    if (this.#file !== undefined) start.file = this.#file;
    try {
      this.#lexer.next();
      const message = this.#message(type, start, '', {});
      for (const kept of this.#kept) remark(kept);
      return message;
    } catch (error) {
      // A malformed token is found by the lexer, which knows no layers.
      const isBare = error instanceof NetspecError && this.#layer && error.details.field === undefined;
      throw isBare ? error.within(this.#context()) : error;
    }
  }

  /** Fields up to the closing delimiter, '' for the end of the text, into `message`. */
  #message(type: MessageType, start: Address, close: string, message: MessageObject): MessageObject {
    const lexer = this.#lexer;
    const fields: Record<string, Address> = {};
    if (++this.#messages > mostMessages(this.#size))
      throw new NetspecError(tooMany(this.#size), { ...start, ...this.#context() });
    tagType(message, type);
    tagAddress(message, { ...start, fields });
    if (close === '') {
      while (lexer.kind !== 'end') this.#field(type, message, fields);
    } else {
      while (lexer.text !== '}' && lexer.text !== '>') {
        if (lexer.kind === 'end') throw this.#expected('identifier', this.#unclosed(start));
        this.#field(type, message, fields);
      }
      this.#take(close);
    }
    const missing = type.inOrder.filter((field) => field.required && message[field.name] === undefined);
    if (missing.length > 0) {
      const names = missing.map((field) => field.name).join(', ');
      throw new NetspecError(`Message missing required fields: ${names}`, { ...start, ...this.#context() });
    }
    return message;
  }

  #field(type: MessageType, message: MessageObject, fields: Record<string, Address>): void {
    const lexer = this.#lexer;
    if (lexer.text === '[') this.#extension(type);
    const start = lexer.address();
    const name = this.#identifier();
    const field = type.byName.get(name);
    if (!field) {
      const isMessage = lexer.text === '{' || lexer.text === '<' || lexer.text === ':';
      if (this.#schema || !isMessage || !isOwnSettings(type, name, message['type']))
        throw this.#unknownField(type, name);
      this.#ownSettings(type, name, message);
      return;
    }
    this.#refuseSecond(field, message, fields);
    fields[name] ??= start;

    const isMessage = field.kind === 'message';
    this.#path.push(name);
    if (!isMessage) this.#take(':');
    else if (lexer.text === ':') lexer.next();
    if (field.repeated && field.form === 'list') message[name] ??= [];
    if (field.repeated && lexer.text === '[') this.#list(field, message);
    else this.#element(field, start, message);
    this.#path.pop();
    if (lexer.text === ';' || lexer.text === ',') lexer.next();
  }

  /** Keeps a field that no schema has, as lines of text; the cursor is behind its name. */
  #ownSettings(own: MessageType, name: string, message: MessageObject & WithOwnSettings): void {
    (message[OWN_SETTINGS] ??= []).push(...this.#untyped.linesOf(name));
    const [layer, type] = [message['name'], message['type']].map(String) as [string, string];
    const said = `layer '${layer}' (${type}): no Caffe that netspec knows has ${name}: it is kept as it is written`;
    const slip = slipOf(own, name, type);
    this.#kept.push(slip === undefined ? said : `${said}; ${slip}`);
  }

  /** A short list, `[a, b]`; the cursor is on its bracket. */
  #list(field: Field, message: MessageObject): void {
    const lexer = this.#lexer;
    lexer.next();
    if (lexer.text === ']') {
      lexer.next();
      return;
    }
    for (;;) {
      this.#element(field, lexer.address(), message);
      if (lexer.text === ']') break;
      this.#take(',');
    }
    lexer.next();
  }

  #element(field: Field, start: Address, message: MessageObject): void {
    putValue(message, field, field.kind === 'message' ? this.#subMessage(field, start) : this.#scalars.read(field));
  }

  /** `{ … }` or `< … >`. */
  #subMessage(field: Field, start: Address): MessageObject {
    const lexer = this.#lexer;
    const close = lexer.text === '<' ? '>' : '}';
    if (close === '>') lexer.next();
    else this.#take('{');
    if (this.#path.length > RECURSION_LIMIT)
      throw this.#error(
        `Message is too deep, the parser exceeded the configured recursion limit of ${RECURSION_LIMIT}.`,
      );
    const value: MessageObject = {};
    const type = field.messageType!;
    const outer = this.#layer;
    if (type.simpleName === 'LayerParameter' || type.simpleName === 'V1LayerParameter')
      this.#layer = { message: value, depth: this.#path.length };
    this.#message(type, start, close, value);
    this.#layer = outer;
    return value;
  }

  #unknownField(type: MessageType, name: string): NetspecError {
    const layerType = this.#layer?.message['type'];
    const hint = unknownFieldHint({
      type,
      name,
      layerType: typeof layerType === 'string' ? layerType : undefined,
      schema: this.#schema,
    });
    return this.#error(`Message type "${type.fullName}" has no field named "${name}".`, hint);
  }

  #refuseSecond(field: Field, message: MessageObject, fields: Record<string, Address>): void {
    if (field.repeated) return;
    if (message[field.name] !== undefined) {
      const first = fields[field.name];
      throw this.#error(
        `Non-repeated field "${field.name}" is specified multiple times.`,
        first && `it is first given at ${first.line!}:${first.column!}`,
      );
    }
    const rival = field.rivals.find((name) => message[name] !== undefined);
    if (rival !== undefined)
      throw this.#error(
        `Field "${field.name}" is specified along with field "${rival}", another member of the same oneof.`,
      );
  }

  #extension(type: MessageType): never {
    const lexer = this.#lexer;
    lexer.next();
    let name = this.#identifier();
    while (lexer.text === '.') {
      lexer.next();
      name += `.${this.#identifier()}`;
    }
    this.#take(']');
    throw this.#error(`Extension "${name}" is not defined or is not an extension of "${type.fullName}".`);
  }

  #identifier(): string {
    const { kind, text } = this.#lexer;
    if (kind !== 'identifier') throw this.#expected('identifier');
    this.#lexer.next();
    return text;
  }

  #take(symbol: string): void {
    const { kind, text } = this.#lexer;
    if (text !== symbol)
      throw this.#error(`Expected "${symbol}", found ${kind === 'end' ? 'the end of the text' : `"${text}"`}.`);
    this.#lexer.next();
  }

  #expected(what: string, hint?: string): NetspecError {
    const { kind, text } = this.#lexer;
    const got = kind === 'end' ? 'the end of the text' : text;
    return this.#error(`Expected ${what}, got: ${got}`, hint ?? BRACKET_HINTS[text]);
  }

  #unclosed(start: Address): string {
    return `the } of ${this.#path.join('.')} opened at ${start.line!}:${start.column!} is missing`;
  }

  /** An error at the cursor. protobuf, too, reports the token that it looks at, which follows the one complained of. */
  #error(reason: string, hint?: string): NetspecError {
    return new NetspecError(reason, { ...this.#lexer.address(), ...this.#context(), hint });
  }

  /** The layer that the cursor is in and the field within it. */
  #context(): Pick<NetspecErrorOptions, 'layer' | 'field'> {
    if (!this.#layer) return {};
    const { message, depth } = this.#layer;
    const context: Pick<NetspecErrorOptions, 'layer' | 'field'> = {};
    const field = this.#path.slice(depth).join('.');
    if (field) context.field = field;
    if (typeof message['name'] === 'string') {
      context.layer = { name: message['name'] };
      if (typeof message['type'] === 'string') context.layer.type = message['type'];
    }
    return context;
  }
}

const BRACKET_HINTS: Readonly<Partial<Record<string, string>>> = {
  '{': 'if this is a template, fill in its values first',
  '[': 'one value belongs here, not a list',
};
