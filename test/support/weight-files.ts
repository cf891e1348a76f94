/** The example files of test/fixtures/weights/: a folder for each format, which the fuzzer starts from too. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readHead } from '../../src/proto/file-kinds/index.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../../src/weights/formats/index.js';
import { ZipArchive } from '../../src/weights/zip.js';

export const WEIGHTS_FOLDER = path.join(import.meta.dirname, '..', 'fixtures', 'weights');

/** Path of an example by its name alone, or of a format's folder by the format's name. */
export function weightFile(name: string): string {
  const folders = [
    WEIGHTS_FOLDER,
    ...WEIGHT_FORMATS.map((format) => path.join(WEIGHTS_FOLDER, format.name)),
    path.join(WEIGHTS_FOLDER, '..', 'small_npy'),
  ];
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no ${name} in test/fixtures/weights`);
  return found;
}

/** What a format's folder holds: files of the format, and what lies beside them. */
export interface Examples {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/** The examples of a format by their names: those of its folder that it, and no format before it, takes for its own. */
export async function examplesOf({ name }: WeightFormat): Promise<Examples> {
  const folder = path.join(WEIGHTS_FOLDER, name);
  const [files, beside] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const bytes = new Uint8Array(readFileSync(path.join(folder, file)));
    ((await formatOf(bytes))?.name === name ? files : beside).set(file, bytes);
  }
  return { files, beside };
}

/** The format that a file is opened as. */
export async function formatOf(bytes: Uint8Array): Promise<WeightFormat | undefined> {
  const access = fromBytes(bytes);
  const file = { access, head: await readHead(access), archive: () => ZipArchive.open(access) };
  for (const format of WEIGHT_FORMATS) if (await format.match(file)) return format;
  return undefined;
}
