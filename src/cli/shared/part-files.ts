/** part-files: the folder that `cut` and `reduce` write: a part of a net with its weights, its inputs and what it must give. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { FileToWrite } from '../../node/files.js';
import type { Schema } from '../../proto/schema.js';
import { fileNamesOf } from '../../weights/file-names.js';
import type { CutNet } from '../../verify/cut/cut-net.js';
import type { ToleranceRules } from '../../verify/limits/tolerance-rules.js';
import type { FloatTensor } from '../../verify/tensors.js';

/** What is written. */
export interface PartToWrite {
  part: CutNet;
  schema: Schema | undefined;
  /** Whether the whole net has weights that are to be written too. */
  hasWeights: boolean;
  /** Values of the part's inputs, and of its blobs, by the names that the part has for them. */
  inputs?: ReadonlyMap<string, FloatTensor>;
  references?: ReadonlyMap<string, FloatTensor>;
  /** What the tolerance file says. */
  tolerances?: ToleranceRules;
  /** Text of README.md. */
  readme?: string;
}

/** Files of a part, below its folder. */
export interface PartFiles {
  prototxt: string;
  weights?: string;
  /** By blob. */
  inputs: Record<string, string>;
  references: Record<string, string>;
  /** The tolerance file. */
  tolerance?: string;
}

export const PART_PROTOTXT = 'net.prototxt';
export const PART_WEIGHTS = 'net.caffemodel';
export const PART_INPUTS = 'inputs';
export const PART_TOLERANCE = 'tolerance.json';
export const PART_REFERENCES = 'references';

/**
 * Writes a part of a net into a folder: all files, or none.
 * @param read files that must not be overwritten, since the part is made of them
 * @throws NetspecError when a file cannot be written
 */
export async function writePart(folder: string, what: PartToWrite, read: readonly string[]): Promise<PartFiles> {
  const { formatPrototxt } = await import('../../node.js');
  const { npyFile } = await import('../../node/npy-folder.js');
  const { textFile, writeFilesAtomically } = await import('../../node/files.js');
  const { part, schema, hasWeights, inputs = new Map(), references = new Map(), readme, tolerances } = what;
  const files: FileToWrite[] = [textFile(path.join(folder, PART_PROTOTXT), formatPrototxt(part.net, { schema }))];
  if (hasWeights) files.push({ file: path.join(folder, PART_WEIGHTS), fill: (sink) => part.writeWeights(sink) });
  const arrays = (below: string, values: ReadonlyMap<string, FloatTensor>): Record<string, string> => {
    const names = fileNamesOf([...values.keys()], '__');
    return Object.fromEntries(
      [...values].map(([name, { shape, data }]) => {
        const file = path.join(below, `${names.get(name)!}.npy`);
        files.push(npyFile(path.join(folder, file), shape, data));
        return [name, file];
      }),
    );
  };
  const written = {
    prototxt: PART_PROTOTXT,
    ...(hasWeights && { weights: PART_WEIGHTS }),
    inputs: arrays(PART_INPUTS, inputs),
    references: arrays(PART_REFERENCES, references),
    ...(tolerances && { tolerance: PART_TOLERANCE }),
  };
  if (tolerances) files.push(textFile(path.join(folder, PART_TOLERANCE), `${JSON.stringify(tolerances, null, 2)}\n`));
  if (readme !== undefined) files.push(textFile(path.join(folder, 'README.md'), readme));
  for (const { file } of files) checkIsNotRead(file, read);
  await writeFilesAtomically(files, { makeFolders: true });
  return written;
}

function checkIsNotRead(file: string, read: readonly string[]): void {
  const real = (each: string): string => (existsSync(each) ? realpathSync(each) : path.resolve(each));
  if (read.some((each) => real(each) === real(file)))
    throw new NetspecError(`${file} would be overwritten, which is read`, { hint: 'write into another folder' });
}
