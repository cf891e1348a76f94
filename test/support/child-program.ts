/** Runs a program of TypeScript in a process of its own, for what must not depend on what other tests have loaded. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.join(import.meta.dirname, '..', '..');

/**
 * The JSON that a program leaves in `result`. Its imports are of files of the repository: './src/index.js'. It may ask
 * `isLoaded('sharp')`, whether a package has been loaded by then.
 */
export function childProgram(program: string): unknown {
  const text = `
    import { createRequire } from 'node:module';
    const { cache } = createRequire(${JSON.stringify(pathToFileURL(path.join(root, 'package.json')).href)});
    const isLoaded = (name) => Object.keys(cache).some((file) => file.replaceAll('\\\\', '/').includes('/node_modules/' + name + '/'));
    let result;
    ${program.replaceAll(`'./`, `'${pathToFileURL(root).href}/`)}
    console.log(JSON.stringify(result));`;
  const words = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', text];
  return JSON.parse(execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8' }));
}
