/** program: a net as a program of the DSL, and the net that such a program builds. */
import * as netspec from '../../src/netspec/index.js';
import { NetspecError } from '../../src/errors.js';
import type { NetParameter } from '../../src/generated/messages.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { withoutTypes } from './typescript.js';

export interface Converted {
  readonly text: string;
  /** '' where all went well. */
  readonly error: string;
}

/** The program that builds the net of a text. */
export function programOf(prototxt: string): Converted {
  try {
    return { text: netspec.formatProgram(parsePrototxt(prototxt)), error: '' };
  } catch (error) {
    return { text: '', error: messageOf(error) };
  }
}

/** `import { L, P as Q } from 'netspec'` and `import * as netspec from 'netspec'`. */
const IMPORT = /^[ \t]*import\s+(?:\*\s+as\s+([\w$]+)|\{([^}]*)\})\s*from\s*(['"])netspec\3;?/gm;

/** The text of the net that a TypeScript program exports or, where it exports none, has as its variable `n`. */
export async function runProgram(program: string): Promise<Converted> {
  try {
    return { text: formatPrototxt(await netOf(withoutTypes(program))), error: '' };
  } catch (error) {
    return { text: '', error: messageOf(error) };
  }
}

async function netOf(program: string): Promise<NetParameter> {
  const page = globalThis as { netspecOfPage?: typeof netspec };
  page.netspecOfPage = netspec;
  const body = program.replace(IMPORT, (_, all: string | undefined, names = '') => {
    const given = all ?? `{${String(names).replace(/\sas\s/g, ': ')}}`;
    return `const ${given} = globalThis.netspecOfPage;`;
  });
  const other = /^[ \t]*import\s.*?(['"])(.*?)\1/m.exec(body);
  if (other) throw new NetspecError(`the page has no package '${other[2] ?? ''}'`, { hint: 'it has netspec only' });
  const text = /^export\s/m.test(body) ? body : `${body}\nexport default n;`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    const exported = (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
    const value = exported['default'] ?? Object.values(exported)[0];
    const made: unknown = typeof value === 'function' ? (value as () => unknown)() : value;
    const net = made instanceof netspec.NetSpec ? made.toProto() : made;
    if (typeof net !== 'object' || net === null) throw new NetspecError('the program exports no net');
    return net;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
