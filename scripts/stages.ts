/**
 * Runs the stages of a build, and only those whose inputs or outputs have changed since they were run last. Each leaves a stamp
 * among its outputs: digests of all it read and of all it wrote.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A part of the build. */
export interface Stage {
  readonly name: string;
  /** Files and folders, relative to the root. */
  readonly inputs: readonly string[];
  /** What else the outputs depend on, such as the version of Node. */
  readonly host?: string;
  /** Where the outputs are, relative to the root. */
  readonly folder: string;
  /** Which files of `folder` are outputs, by their path in it. All by default. */
  readonly isOutput?: (name: string) => boolean;
  readonly run: () => void | Promise<void>;
}

/** The end of a stamp's name: such files are neither inputs nor outputs. */
const STAMP = '.stamp.json';

/**
 * Runs those of `stages`, in their order, that are not up to date.
 * @param root the folder to which all paths of the stages are relative
 */
export async function runStages(
  root: string,
  stages: readonly Stage[],
  { force = false, log = console.log }: { force?: boolean; log?: (line: string) => void } = {},
): Promise<void> {
  for (const stage of stages) {
    const stamp = path.join(root, stage.folder, stage.name + STAMP);
    if (!force && isUpToDate(root, stage, stamp)) {
      log(`${stage.name}: up to date`);
      continue;
    }
    log(`${stage.name}: building`);
    // First of all: a build that is cut off leaves no stamp.
    rmSync(stamp, { force: true });
    for (const file of outputsOf(root, stage)) rmSync(file);
    // Before the run: an input that is edited meanwhile counts as changed the next time.
    const inputs = inputDigest(root, stage);
    await stage.run();
    const outputs = outputsOf(root, stage);
    if (outputs.length === 0) throw new Error(`the stage ${stage.name} wrote nothing into ${stage.folder}`);
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, JSON.stringify({ inputs, outputs: digestOf(root, outputs) } satisfies Stamp));
  }
}

function isUpToDate(root: string, stage: Stage, stamp: string): boolean {
  if (!existsSync(stamp)) return false;
  const { inputs, outputs } = read(stamp);
  return inputs === inputDigest(root, stage) && outputs === digestOf(root, outputsOf(root, stage));
}

function inputDigest(root: string, stage: Stage): string {
  return digestOf(root, inputsOf(root, stage)) + (stage.host ?? '');
}

interface Stamp {
  readonly inputs?: string;
  readonly outputs?: string;
}

function read(stamp: string): Stamp {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8')) as Stamp;
  } catch {
    return {};
  }
}

function inputsOf(root: string, { inputs, folder, isOutput = () => true }: Stage): string[] {
  const outputs = path.join(root, folder);
  return inputs
    .flatMap((input) => filesOf(path.join(root, input)))
    .filter((file) => !file.startsWith(outputs + path.sep) || !isOutput(path.relative(outputs, file)));
}

function outputsOf(root: string, { folder, isOutput = () => true }: Stage): string[] {
  const outputs = path.join(root, folder);
  return filesOf(outputs).filter((file) => isOutput(path.relative(outputs, file)));
}

/** The files of a folder, or the one file; none where there is neither. */
function filesOf(start: string): string[] {
  const kind = statSync(start, { throwIfNoEntry: false });
  if (!kind) return [];
  if (!kind.isDirectory()) return [start];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(STAMP))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function digestOf(root: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${path.relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
