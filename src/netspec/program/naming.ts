/** Names for what a program declares: functions, parameters, variables; and the types of its parameters. */
import { EnumName, isFieldsLiteral, LoopString, type Literal } from './model.js';

/** A name that is not taken yet, which it then is: `conv`, `conv2` … */
export function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = /\d$/.test(wanted) ? `${wanted}_${i}` : `${wanted}${i}`;
  taken.add(name);
  return name;
}

/** How people call a layer of a type in a few letters. */
const SHORT: Readonly<Record<string, string>> = {
  BatchNorm: 'bn',
  Convolution: 'conv',
  ConvolutionDepthwise: 'conv',
  DepthwiseConvolution: 'conv',
  Deconvolution: 'deconv',
  Eltwise: 'sum',
  InnerProduct: 'fc',
  LRN: 'norm',
  PReLU: 'prelu',
  Pooling: 'pool',
  Python: 'python',
  ReLU: 'relu',
  ReLU6: 'relu',
  SoftmaxWithLoss: 'loss',
};

/** What the blob of a layer of this type is called in a program. */
export function shortName(type: string): string {
  const short = Object.hasOwn(SHORT, type) ? SHORT[type] : undefined;
  const name = short ?? type.replace(/\W/g, '_').replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (head) => head.toLowerCase());
  return /^[a-z]\w*$/.test(name) && !RESERVED.has(name) ? name : 'layer';
}

/** Words of the language, and names that every program has. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'n L P NetSpec x i block break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if import in instanceof new null return super switch this throw true try typeof var void while with yield let static ' +
    'implements interface package private protected public await async of arguments eval undefined NaN Infinity'
  ).split(' '),
);

/** `inception_` → `inception`, `conv-dw` → `convDw`; undefined when it makes no name. */
export function camelCase(text: string): string | undefined {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words
    .map((word, i) => (i === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1))
    .join('');
  return /^[a-z]\w+$/.test(name) && !RESERVED.has(name) ? name : undefined;
}

/** The TypeScript type that holds all of the values. */
export function literalType(values: readonly Literal[]): string {
  return [...new Set(values.map(typeOf))].join(' | ') || 'undefined';
}

function typeOf(value: Literal): string {
  if (value instanceof EnumName) return `'${value.name}'`;
  if (value instanceof Uint8Array) return 'Uint8Array';
  if (value === undefined || value instanceof LoopString) return 'string';
  if (Array.isArray(value)) {
    const item = literalType(value as readonly Literal[]);
    return item.includes('|') ? `(${item})[]` : `${item}[]`;
  }
  if (isFieldsLiteral(value)) {
    const members = Object.entries(value).map(([key, each]) => `${key}: ${typeOf(each)}`);
    return members.length > 0 ? `{ ${members.join('; ')} }` : 'object';
  }
  return typeof value;
}
