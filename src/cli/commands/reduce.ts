/** netspec reduce: the smallest part of a port that still fails, with its weights, inputs, references and how to see it. */
import path from 'node:path';
import { DEFAULT_TOLERANCE } from '../../compare/compare.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { loadNet, runOptions, setInputs } from '../shared/load-net.js';
import { NET_POSITIONAL, readSchema } from '../shared/net-options.js';
import {
  PART_INPUTS,
  PART_PROTOTXT,
  PART_REFERENCES,
  PART_TOLERANCE,
  PART_WEIGHTS,
  writePart,
} from '../shared/part-files.js';
import { MEASURE_OPTIONS, readMeasures } from '../shared/measure-options.js';
import { print, printJson } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { DUMP_OPTIONS } from '../shared/open-references.js';
import { openReferences } from '../shared/references.js';
import { checkNumber } from '../shared/values.js';
import { fileNamesOf } from '../../weights/file-names.js';
import type { Net } from '../../runtime/net.js';

export const command = defineCommand({
  name: 'reduce',
  describe: 'write the smallest part of a port that still fails, and the command that shows it',
  usage: 'NET -w W -i data=x.npy -r DIR -o OUT',
  positionals: NET_POSITIONAL,
  options: {
    ...runOptions({ algorithm: 'gemm', strict: true }),
    weights: { type: 'string', alias: 'w', required: true, describe: 'caffemodel' },
    reference: { type: 'string', alias: 'r', describe: 'folder of .npy files, one a layer, or an .npz' },
    onnx: { type: 'string', describe: 'instead of references: an ONNX model, as verify takes it' },
    against: { type: 'string', words: 2, describe: 'instead of references: another prototxt and its caffemodel' },
    map: { type: 'string', default: 'auto', describe: 'name map from layers to references, as verify takes it' },
    ...DUMP_OPTIONS,
    rtol: { type: 'number', default: DEFAULT_TOLERANCE.rtol, describe: 'relative tolerance, as in numpy.allclose' },
    atol: { type: 'number', default: DEFAULT_TOLERANCE.atol, describe: 'absolute tolerance, as in numpy.allclose' },
    tolerance: MEASURE_OPTIONS.tolerance,
    outputDir: { type: 'string', alias: 'o', required: true, describe: 'folder to write' },
    json: { type: 'boolean', describe: 'print what was found as JSON' },
  },
  examples: [['$0 net.prototxt -w net.caffemodel -i data=input.npy -r outputs/ -o failing/', '']],
  run: async (options, context) => {
    const { reducePort, verify } = await import('../../node.js');
    const { reducedCommand, reducedReadme } = await import('../../verify/reduce/readme.js');
    checkNumber('rtol', options.rtol, 0);
    checkNumber('atol', options.atol, 0);
    const { tolerances } = await readMeasures({ ...options, metric: [] });
    const opened = await openReferences(options, context);
    const progress = await createProgress('reduce', context.stderr);
    const schema = await readSchema(options.proto);
    let net: Net | undefined;
    try {
      net = await loadNet({ ...options, shapesOfSteppedOver: opened.shapesOfSteppedOver }, context);
      await (opened.setInputs?.(net) ?? setInputs(net, options.input, context));
      const { rtol, atol } = options;
      const references = await opened.forNet(net);
      const report = await verify(net, { ...references, rtol, atol, tolerances, schema, onProgress: progress.update });
      const reduced = await reducePort(net, report, { references: references.references, schema, tolerances });
      progress.stop();
      if (!reduced) {
        print(context.stdout, 'no part fails alone that begins at references or at the inputs');
        return EXIT.checkFailed;
      }
      const below = (folder: string, blobs: Iterable<string>): Record<string, string> =>
        Object.fromEntries([...fileNamesOf([...blobs], '__')].map(([blob, file]) => [blob, `${folder}/${file}.npy`]));
      const named = {
        ...{ prototxt: PART_PROTOTXT, weights: PART_WEIGHTS, folder: PART_REFERENCES },
        inputs: below(PART_INPUTS, reduced.inputs.keys()),
        references: below(PART_REFERENCES, reduced.references.keys()),
        ...(reduced.tolerances && { tolerance: PART_TOLERANCE }),
      };
      const readme = reducedReadme(reduced, named, { rtol, atol });
      const { part, inputs } = reduced;
      const { references: wanted, tolerances: limits } = reduced;
      const what = { part, schema, hasWeights: true, inputs, references: wanted, readme, tolerances: limits };
      const files = await writePart(options.outputDir, what, [options.net, options.weights]);
      const line = reducedCommand(named, { rtol, atol });
      const layers = part.layers.map((index) => net!.layerNames[index]!);
      if (options.json)
        printJson(context.stdout, {
          folder: options.outputDir,
          ...files,
          layers,
          wholeLayers: reduced.wholeLayers,
          at: reduced.at.name,
          suspects: reduced.suspects,
          cause: reduced.cause ? { id: reduced.cause.id, layer: reduced.cause.layer } : null,
          maxAbs: reduced.comparison?.maxAbs ?? null,
          maxRel: reduced.comparison?.maxRel ?? null,
          failed: reduced.failed ?? [],
          tried: reduced.tried,
          command: line,
        });
      else
        print(
          context.stdout,
          `${layers.length} of ${reduced.wholeLayers} layers fail alone: ${layers.join(', ')}`,
          `wrote ${path.join(options.outputDir, files.prototxt)} with its weights, inputs, references and README.md; to see it:`,
          `  cd ${options.outputDir} && ${line}`,
        );
      return EXIT.ok;
    } finally {
      progress.stop();
      net?.dispose();
      await opened.close();
    }
  },
});
