/** Runs a program that formatProgram wrote, with this library for the one that it imports. */
import { transformSync } from 'esbuild';
import type { NetParameter } from '../../src/generated/messages.js';
import * as library from '../../src/index.js';

/** The net that the program exports. */
export function runProgram(text: string): NetParameter {
  const body = text.replace(/^import .*\n/, '').replace(/^export default /m, 'const exported = ');
  const { code } = transformSync(body, { loader: 'ts', target: 'es2022' });
  // eslint-disable-next-line typescript/no-implied-eval -- the program is what this library wrote
  const run = new Function('L', 'NetSpec', `${code}\nreturn exported;`) as (...names: unknown[]) => unknown;
  const exported = run(library.L, library.NetSpec);
  return exported instanceof library.NetSpec ? exported.toProto() : (exported as NetParameter);
}
