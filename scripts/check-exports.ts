/**
 * Exports every case below the folders given, runs the models with ONNX Runtime, and lists what does not agree with the net:
 * `npx tsx scripts/check-exports.ts [--opset N] [--import] FOLDER…`. A case is a folder with net.prototxt or deploy.prototxt, and
 * weights.caffemodel and in_BLOB.npy where there are some; inputs without a file are filled with random numbers. With --import the
 * models are imported again, and the outputs of the imported nets compared too.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { forkSchema, Net, NetspecError, readNpyFile } from '../src/node.js';
import { seededRandom } from '../src/engine/random.js';
import { checkExport, checkImportOf } from '../test/support/export-check.js';

/** Part of the largest magnitude by which values may differ. */
const TOLERANCE = 1e-4;

const words = process.argv.slice(2);
const importsToo = words.includes('--import');
if (importsToo) words.splice(words.indexOf('--import'), 1);
const at = words.indexOf('--opset');
const opset = at < 0 ? undefined : Number(words.splice(at, 2)[1]);

/** The prototxt of a folder. */
function netIn(folder: string): string | undefined {
  return ['net.prototxt', 'deploy.prototxt'].map((name) => path.join(folder, name)).find((file) => existsSync(file));
}

/** Folders that hold a net, at any depth. */
function casesBelow(folder: string): string[] {
  if (netIn(folder) !== undefined) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => casesBelow(path.join(folder, entry.name)))
    .sort();
}

/** The schema that a case's name says: Upsample-segnet_03. */
function schemaOf(name: string) {
  const fork = /-(\w+?)_\d+$/.exec(name)?.[1];
  try {
    return fork === undefined ? undefined : forkSchema(fork);
  } catch {
    return undefined;
  }
}

async function loadCase(folder: string): Promise<Net> {
  const files = readdirSync(folder);
  const weights = files.includes('weights.caffemodel') ? 'weights.caffemodel' : undefined;
  const net = await Net.load(netIn(folder)!, {
    phase: 'TEST',
    threads: 1,
    algorithm: 'gemm',
    schema: schemaOf(path.basename(folder)),
    ...(weights && { weights: path.join(folder, weights) }),
  });
  for (const name of net.inputs) {
    const blob = net.blobs.get(name)!;
    const file = [`in_${name}.npy`, `${name}.npy`].find((each) => files.includes(each));
    if (file) {
      const { shape, data } = await readNpyFile(path.join(folder, file));
      if (shape.join() !== blob.shape.join()) {
        blob.reshape(shape);
        net.reshape();
      }
      blob.data.set(data);
    } else {
      const random = seededRandom(1, name);
      const { data } = blob;
      for (let i = 0; i < data.length; i++) data[i] = 2 * random() - 1;
    }
  }
  return net;
}

const counts = { agree: 0, differ: 0, refused: 0, values: 0 };
let worst = 0;
for (const folder of words.flatMap((word) => casesBelow(word))) {
  const name = path.relative('.', folder);
  let net: Net | undefined;
  try {
    net = await loadCase(folder);
    const checked = await checkExport(net, { opset });
    const { compared } = checked;
    const wrong = compared.filter(({ difference }) => !(difference <= TOLERANCE));
    counts.values += compared.length;
    for (const { difference } of compared) if (difference <= TOLERANCE) worst = Math.max(worst, difference);
    const again = importsToo && wrong.length === 0 ? await checkImportOf(net, checked) : 0;
    if (!(again <= TOLERANCE)) {
      counts.differ++;
      console.log(`differs  ${name}: imported again, ${again}`);
    } else if (wrong.length === 0) counts.agree++;
    else {
      counts.differ++;
      const [{ layer, type, value, difference }] = wrong as [(typeof wrong)[0]];
      console.log(
        `differs  ${name}: ${wrong.length} of ${compared.length}, first '${value}' of '${layer}' (${type}): ${difference}`,
      );
    }
  } catch (error) {
    if (error instanceof NetspecError) {
      counts.refused++;
      console.log(`refused  ${name}: ${error.message.replaceAll('\n', ' ')}`);
    } else {
      counts.differ++;
      console.log(`failed   ${name}: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]!}`);
    }
  } finally {
    net?.dispose();
  }
}
console.log(
  `${counts.agree} agree (${counts.values} values, the worst within ${worst.toExponential(1)}), ` +
    `${counts.differ} differ, ${counts.refused} refused`,
);
