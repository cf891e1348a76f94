/** netspec diff: what two nets differ in, text or binary on either side; exit 1 when they do. */
import type { BlobDifference, LayerDifference, NetDifference } from '../../diff/diff.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import { schemaOf } from '../../proto/message.js';
import { derive } from '../../proto/derive.js';
import { OWN_SETTINGS, type WithOwnSettings } from '../../proto/message.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { openNet, readPart } from '../shared/net-file.js';
import { readSchema, SCHEMA_OPTIONS } from '../shared/net-options.js';
import { print, printJson } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';

export const command = defineCommand({
  name: 'diff',
  describe: 'compare two nets, prototxt or caffemodel: layers, fields, shapes, weights; exit 1 when they differ',
  usage: 'A B',
  positionals: {
    before: { type: 'string', required: true, describe: 'a prototxt or a caffemodel' },
    after: { type: 'string', required: true, describe: 'another prototxt or caffemodel' },
  },
  options: {
    ...SCHEMA_OPTIONS,
    tolerance: { type: 'number', default: 0, describe: 'largest difference of two weights that is ignored' },
    only: {
      type: 'string',
      choices: ['structure', 'weights'],
      describe: 'compare only these; default: both, the weights where both files have some',
    },
    json: { type: 'boolean', describe: 'print as JSON' },
  },
  run: async ({ before, after, tolerance, only, proto, json }, { stdout, stderr }) => {
    if (!(tolerance >= 0)) throw new UsageError('--tolerance expects a number of 0 or more');
    const { CaffemodelReader, diffNets, encodeNet, parsePrototxt } = await import('../../node.js');
    const { decodeText } = await import('../../node/files.js');
    const schema = await readSchema(proto);
    /** A prototxt is read as the binary file that it stands for, so that there is one way to compare. */
    const open = async (file: string) => {
      const { source, isBinary } = await openNet(file);
      try {
        if (isBinary) return await CaffemodelReader.open(source, { schema });
        const bytes = await readPart(source, source.size);
        await source.close();
        const net = parsePrototxt(decodeText(bytes), { file, schema, upgrade: false });
        const own = schema ?? schemaOf(net);
        const binary = encodeNet(withoutOwnSettings(net), own);
        // A net of nothing at all has no bytes; a name of no letters is as good.
        const reader = await CaffemodelReader.open(binary.length > 0 ? binary : encodeNet({ name: '' }), {
          schema: own,
        });
        return withOwnSettings(reader, net);
      } catch (error) {
        await source.close().catch(() => undefined);
        throw error;
      }
    };
    const a = await open(before);
    const progress = await createProgress('diff', stderr);
    try {
      const b = await open(after);
      try {
        const result = await diffNets(a, b, { tolerance, only, schema, onProgress: progress.update });
        progress.stop();
        if (json) printJson(stdout, result);
        else print(stdout, ...reportLines(result));
        return result.same ? EXIT.ok : EXIT.checkFailed;
      } finally {
        await b.close();
      }
    } finally {
      progress.stop();
      await a.close();
    }
  },
});

/** Settings that no schema has cannot be written in binary. */
function withoutOwnSettings(net: NetParameter): NetParameter {
  const none: LayerParameter & WithOwnSettings = { [OWN_SETTINGS]: undefined };
  return net.layer ? derive(net, { layer: net.layer.map((layer) => derive(layer, none)) }) : net;
}

/** The reader of a net's binary form, whose layers have such settings again. */
function withOwnSettings(reader: CaffemodelReader, { layer = [] }: NetParameter): CaffemodelReader {
  for (const [i, each] of layer.entries()) {
    const own = (each as WithOwnSettings)[OWN_SETTINGS];
    if (own) (reader.net.layer![i] as WithOwnSettings)[OWN_SETTINGS] = own;
  }
  return reader;
}

/** As a patch has it: - for what only the first has, + for the second, and below each changed layer its lines. */
function reportLines({ net, layers, reordered, weights, maxAbs }: NetDifference): string[] {
  const lines = [
    ...net.map((field) => `net: ${fieldText(field)}`),
    ...(reordered ? ['the layers that both have come in another order'] : []),
    ...layers.flatMap(layerLines),
  ];
  const count = (change: LayerDifference['change'], word: string): string[] => {
    const n = layers.filter((layer) => layer.change === change).length;
    return n > 0 ? [`${n} layer${n === 1 ? '' : 's'} ${word}`] : [];
  };
  const summary = [...count('removed', 'removed'), ...count('added', 'added'), ...count('changed', 'changed')];
  const compared = weights ? `largest difference of two weights ${maxAbs}` : 'no weights compared';
  return [
    ...lines,
    `${summary.length > 0 ? summary.join(', ') : lines.length > 0 ? 'different' : 'the same'}; ${compared}`,
  ];
}

function layerLines({ name, type, change, fields, blobs }: LayerDifference): string[] {
  const mark = { removed: '-', added: '+', changed: ' ' }[change];
  return [
    `${mark} ${name} (${type})`,
    ...fields.map((field) => `    ${fieldText(field)}`),
    ...blobs.map((blob) => `    ${blobText(blob)}`),
  ];
}

function fieldText({ path, before, after }: { path: string; before?: string; after?: string }): string {
  return `${path}: ${before ?? '(absent)'} → ${after ?? '(absent)'}`;
}

function blobText({ index, before, after, maxAbs, outside, problem }: BlobDifference): string {
  const shape = (dims: readonly number[] | undefined): string => (dims ? dims.join('x') || 'scalar' : '(absent)');
  if (problem !== undefined) return `blob ${index} ${shape(before)}: ${problem}`;
  if (maxAbs === undefined) return `blob ${index}: ${shape(before)} → ${shape(after)}`;
  return `blob ${index} ${shape(before)}: ${outside!} values differ, by at most ${Number(maxAbs.toPrecision(4))}`;
}
