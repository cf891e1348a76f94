/** program: a net as a program of the DSL, and the net that such a program builds. */
import * as netspec from '../../src/netspec/index.js';
import { NetspecError } from '../../src/errors.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';

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

/**
 * The text of the net that a program exports or, where it exports none, has as its variable `n`. It is JavaScript: types are not
 * taken out.
 */
export async function runProgram(program: string): Promise<Converted> {
  const page = globalThis as { netspecOfPage?: typeof netspec };
  page.netspecOfPage = netspec;
  const imports = /^import\s*\{([^}]*)\}\s*from\s*'netspec';?$/gm;
  const body = program.replace(imports, 'const {$1} = globalThis.netspecOfPage;');
  const text = /^export\s/m.test(body) ? body : `${body}\nexport default n;`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    const exported = (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
    const value = exported['default'] ?? Object.values(exported)[0];
    const made: unknown = typeof value === 'function' ? (value as () => unknown)() : value;
    const net = made instanceof netspec.NetSpec ? made.toProto() : made;
    if (typeof net !== 'object' || net === null) throw new NetspecError('the program exports no net');
    return { text: formatPrototxt(net), error: '' };
  } catch (error) {
    return { text: '', error: messageOf(error) };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
