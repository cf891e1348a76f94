/** netspec cut: a part of a net as a net of its own, with its weights, and its inputs and outputs where the net is run. */
import path from 'node:path';
import type { Net } from '../../runtime/net.js';
import type { CutNet } from '../../verify/cut/cut-net.js';
import type { FloatTensor } from '../../verify/tensors.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { loadNet, runOptions, setInputs } from '../shared/load-net.js';
import { NET_POSITIONAL, readSchema } from '../shared/net-options.js';
import { writePart } from '../shared/part-files.js';
import { print, printJson } from '../shared/print.js';

export const command = defineCommand({
  name: 'cut',
  describe: 'write a part of a net as a net of its own, with its weights',
  usage: 'NET -w W --from A --to B -o DIR',
  positionals: NET_POSITIONAL,
  options: {
    ...runOptions({ algorithm: 'gemm', strict: true }),
    weights: { type: 'string', alias: 'w', describe: 'caffemodel; without it only the prototxt is written' },
    from: {
      type: 'string',
      describe:
        "blobs that the part reads, separated by commas; default: the net's inputs. conv1@bn1: as layer bn1 gives it",
    },
    to: { type: 'string', describe: "blobs that the part gives, separated by commas; default: the net's outputs" },
    outputDir: {
      type: 'string',
      alias: 'o',
      required: true,
      describe: 'folder to write: net.prototxt, net.caffemodel; with -i also inputs/ and references/',
    },
    json: { type: 'boolean', describe: 'print what was written as JSON' },
  },
  examples: [
    ['$0 ssd.prototxt -w ssd.caffemodel --to mbox_loc,mbox_conf -o body/', ''],
    ['$0 net.prototxt -w net.caffemodel --from pool1 --to prob -i data=x.npy -o tail/', ''],
  ],
  run: async (options, context) => {
    const { cutNet } = await import('../../node.js');
    const schema = await readSchema(options.proto);
    const net = await loadNet(options, context);
    try {
      if (options.input.length > 0) await setInputs(net, options.input, context);
      const part = cutNet(net, { from: namesIn(options.from, net), to: namesIn(options.to, net) }, schema);
      for (const remark of part.remarks) print(context.stderr, `note: ${remark}`);
      const values = options.input.length > 0 ? await valuesOf(net, part) : undefined;
      const hasWeights = options.weights !== undefined;
      const read = [options.net, ...(options.weights === undefined ? [] : [options.weights])];
      const files = await writePart(options.outputDir, { part, schema, hasWeights, ...values }, read);
      const list = (blobs: CutNet['inputs']) => blobs.map(({ blob, shape }) => `${blob} ${shape.join('x')}`).join(', ');
      if (options.json)
        printJson(context.stdout, {
          folder: options.outputDir,
          ...files,
          layers: part.layers.map((index) => net.layerNames[index]!),
          from: part.inputs.map(({ blob, whole, shape }) => ({ blob, whole, shape })),
          to: part.outputs.map(({ blob, whole, shape }) => ({ blob, whole, shape })),
        });
      else
        print(
          context.stdout,
          `${part.layers.length} layer${part.layers.length === 1 ? '' : 's'} from ${list(part.inputs) || 'no input'} to ${list(part.outputs)}`,
          `wrote ${[files.prototxt, files.weights ?? [], Object.values(files.inputs), Object.values(files.references)]
            .flat()
            .map((file) => path.join(options.outputDir, file))
            .join(', ')}`,
        );
      return EXIT.ok;
    } finally {
      net.dispose();
    }
  },
});

/** The names of a list that commas separate. A blob's own name may have commas: the longest that the net has is meant. */
function namesIn(list: string | undefined, net: Net): string[] | undefined {
  if (list === undefined) return undefined;
  const parts = list.split(',');
  const names: string[] = [];
  for (let from = 0; from < parts.length;) {
    let to = parts.length;
    const name = (): string => parts.slice(from, to).join(',').trim();
    while (to > from + 1 && !net.blobs.has(name()) && !net.blobs.has(name().replace(/@[^@]*$/, ''))) to--;
    if (name() !== '') names.push(name());
    from = to;
  }
  return names;
}

/** What the whole net holds where it was cut, each value as it is right after its layer ran. */
async function valuesOf(net: Net, part: CutNet): Promise<{ inputs: Tensors; references: Tensors }> {
  const inputs: Tensors = new Map();
  const references: Tensors = new Map();
  await net.forward({
    onLayer: (index) => {
      for (const [blobs, values] of [
        [part.inputs, inputs],
        [part.outputs, references],
      ] as const)
        for (const { blob, version } of blobs) {
          if (version.layer !== index) continue;
          const { shape, data } = net.blobs.get(net.topNamesOf(index)[version.top]!)!;
          values.set(blob, { shape, data: data.slice() });
        }
    },
  });
  return { inputs, references };
}
type Tensors = Map<string, FloatTensor>;
