/** files: what `netspec view` serves or exports: the built playground, and the net that it shows. */
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../../errors.js';

/** What the page asks for first: files beside it. */
export interface ViewSession {
  readonly net?: string;
  readonly weights?: string;
}

export interface ViewFiles {
  /** The built page. */
  readonly folder: string;
  readonly session: ViewSession;
  /** Files by the name under which the page asks for them. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The page with a net and weights.
 * @param folder where the playground was built
 * @throws NetspecError when it was not built, and for files that do not exist
 */
export function viewFiles(folder: string, net: string | undefined, weights: string | undefined): ViewFiles {
  if (!existsSync(path.join(folder, 'index.html')))
    throw new NetspecError('the page is not built', { hint: 'in a clone of the repository, run: npm run playground' });
  const given = Object.entries({ net, weights }).flatMap(([key, file]) => (file === undefined ? [] : [[key, file]]));
  const missing = given.find(([, file]) => !existsSync(file!));
  if (missing) throw new NetspecError('no such file', { file: missing[1] });
  const names = given.map(([key, file]) => [key!, path.basename(file!), path.resolve(file!)] as const);
  return {
    folder,
    session: Object.fromEntries(names.map(([key, name]) => [key, name])),
    files: new Map(names.map(([, name, file]) => [name, file])),
  };
}

/**
 * Writes the page and its files into a folder, for any web server.
 * @throws NetspecError when there is something in the folder that is no such page
 */
export async function exportView({ folder, session, files }: ViewFiles, target: string): Promise<void> {
  const there = existsSync(target) ? await readdir(target) : [];
  if (there.length > 0 && !there.includes('session.json'))
    throw new NetspecError('the folder is not empty', { file: target, hint: 'name a new folder' });
  await mkdir(target, { recursive: true });
  await cp(folder, target, { recursive: true, filter: (file) => !file.endsWith('.stamp.json') });
  for (const [name, file] of files) await copyFile(file, path.join(target, name));
  await writeFile(path.join(target, 'session.json'), `${JSON.stringify(session)}\n`);
}
