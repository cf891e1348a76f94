/**
 * Writes a net as a program of the DSL that builds the same prototxt byte for byte: repeated structure as functions and loops, names
 * as template strings, values that recur as constants.
 */
import { MESSAGE, OPTIONS, SCHEMA, checkArguments } from '../../arguments.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import type { MessageType } from '../../proto/descriptor.js';
import { isList } from '../../proto/scalars.js';
import type { Schema } from '../../proto/schema.js';
import { withSchemaOf } from '../../proto/forks/with-schema.js';
import { netCalls } from './calls.js';
import { foldFunctions } from './functions.js';
import { RESERVED } from './naming.js';
import { isIdentifier, layOut, quote, type Doc } from './print/layout.js';
import { programText } from './print/program.js';
import { fieldNamed } from './values.js';

/**
 * A program whose default export is the net.
 * @param schema of the Caffe that the net is of. Default: that with which it was read, or that has its fields
 * @throws NetspecError when the net has a field that its schema has not
 * @example
 * const program = formatProgram(parsePrototxt(await readText('net.prototxt')));
 * program.includes("import { L, NetSpec } from 'netspec';"); // → true
 */
export function formatProgram(net: NetParameter, schema?: Schema, options: ProgramOptions = {}): string {
  checkArguments('formatProgram()', { net: [net, MESSAGE], schema: [schema, SCHEMA], options: [options, OPTIONS] });
  if (schema) return programWith(net, schema, options);
  return withSchemaOf(net, 'NetParameter', (own) => programWith(net, own, options));
}

/** How a program is written. */
export interface ProgramOptions {
  /** A vendor's caffe.proto, which the program is to read its layers from. */
  protoFile?: string;
}

function programWith(net: NetParameter, schema: Schema, { protoFile }: ProgramOptions): string {
  const { calls, literal } = netCalls(net, schema);
  const type = schema.message('NetParameter');
  const fields = Object.entries(net as Record<string, unknown>)
    .filter(([key, value]) => key !== 'layer' && value !== undefined)
    .map(([key, value]) => labelled(key, messageDoc(type, key, value)));
  const corrections = [...literal].map(([index, layer]) =>
    layOut(`net.layer![${index}] = `, layerDoc(schema.message('LayerParameter'), layer), ';', 0),
  );
  return programText(foldFunctions(calls, new Set(RESERVED)), { fields, corrections, protoFile });
}

function layerDoc(type: MessageType, layer: LayerParameter): Doc {
  const members = Object.entries(layer as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return {
    open: '{',
    close: '}',
    spaced: true,
    items: members.map(([key, value]) => labelled(key, messageDoc(type, key, value))),
  };
}

/** The value of a field as a message holds it: lists where the schema has lists, enums as numbers. */
function messageDoc(type: MessageType, key: string, value: unknown): Doc {
  if (isList(value)) return { open: '[', close: ']', items: Array.from(value, (item) => messageDoc(type, key, item)) };
  const inner = fieldNamed(type, key).messageType;
  if (inner) return layerDoc(inner, value as LayerParameter);
  if (typeof value === 'string') return quote(value);
  return Object.is(value, -0) ? '-0' : String(value);
}

function labelled(key: string, doc: Doc): Doc {
  const label = `${isIdentifier(key) ? key : quote(key)}: `;
  return typeof doc === 'string' ? label + doc : { ...doc, open: label + doc.open };
}
