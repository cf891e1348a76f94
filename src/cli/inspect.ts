/** netspec inspect: layers, blob shapes, parameters, multiply-accumulates and memory of a prototxt or a caffemodel. */
import { NetspecError } from '../errors.js';
import { product } from '../shapes.js';
import type { Net } from '../runtime/net.js';
import { isBinary } from './convert.js';
import { EXIT, print, printJson, netState, stateOptions, type Command, type StateOptions } from './command.js';
import { formatBytes, formatCount, tableLines } from './table.js';

interface InspectOptions extends StateOptions {
  file: string;
  json: boolean;
}

interface LayerFacts {
  name: string;
  type: string;
  tops: { name: string; shape: readonly number[] }[];
  params: (readonly number[])[];
  parameters: number;
  macs: number;
}

export const inspectCommand: Command<InspectOptions> = {
  command: 'inspect <file>',
  describe: 'show layers, shapes, parameters, work and memory of a prototxt or a caffemodel',
  options: (argv) =>
    stateOptions(
      argv
        .positional('file', { type: 'string', demandOption: true, describe: 'prototxt or caffemodel' })
        .option('json', { type: 'boolean', default: false, describe: 'print as JSON' }),
    ),
  run: async ({ file, json, ...state }, { stdout, stderr }) => {
    const options = await netState(state);
    const { CaffemodelReader, Net, openFile, upgradeNet } = await import('../node.js');
    const source = await openFile(file);
    let facts: LayerFacts[];
    let blobBytes: number | undefined;
    try {
      const head = new Uint8Array(Math.min(4096, source.size));
      await source.read(0, head);
      if (isBinary(head)) {
        const reader = await CaffemodelReader.open(source, options);
        const stored = new Map(reader.layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]));
        try {
          const net = await Net.load(upgradeNet(reader.net), options);
          facts = factsOfNet(net);
          blobBytes = bytesOfBlobs(net);
          net.dispose();
          for (const layer of facts) setParams(layer, stored.get(layer.name) ?? []);
        } catch (error) {
          if (!(error instanceof NetspecError)) throw error;
          // A training net's data layers, or a fork's layers: its weights can be listed all the same.
          print(stderr, `note: only the weights are listed, as the net in ${file} cannot be built: ${error.message}`);
          facts = reader.layers.map(({ name, type }) => {
            const layer = { name, type, tops: [], params: [], parameters: 0, macs: 0 };
            setParams(layer, stored.get(name) ?? []);
            return layer;
          });
        }
      } else {
        const net = await Net.load(file, options);
        facts = factsOfNet(net);
        blobBytes = bytesOfBlobs(net);
        net.dispose();
      }
    } finally {
      await source.close();
    }
    const total = {
      layers: facts.length,
      parameters: facts.reduce((sum, layer) => sum + layer.parameters, 0),
      macs: facts.reduce((sum, layer) => sum + layer.macs, 0),
      blobBytes,
    };
    if (json) printJson(stdout, { layers: facts, total });
    else print(stdout, ...lines(facts, total));
    return EXIT.ok;
  },
};

function factsOfNet(net: Net): LayerFacts[] {
  return net.layers.map((layer) => {
    const tops = (net.topNames.get(layer.name) ?? []).map((name) => ({ name, blob: net.blobs.get(name)! }));
    const bottoms = (net.bottomNames.get(layer.name) ?? []).map((name) => net.blobs.get(name)!);
    const facts: LayerFacts = {
      name: layer.name,
      type: layer.type,
      tops: tops.map(({ name, blob }) => ({ name, shape: blob.shape })),
      params: [],
      parameters: 0,
      macs: layer.macs(
        bottoms,
        tops.map(({ blob }) => blob),
      ),
    };
    setParams(
      facts,
      layer.blobs.map(({ shape }) => shape),
    );
    return facts;
  });
}

function setParams(layer: LayerFacts, shapes: readonly (readonly number[])[]): void {
  layer.params = [...shapes];
  layer.parameters = shapes.reduce((sum, shape) => sum + product(shape), 0);
}

/** What all blobs take when each has memory of its own, as in Caffe; in-place layers add none. */
function bytesOfBlobs(net: Net): number {
  return [...net.blobs.values()].reduce((sum, blob) => sum + (blob.storage === blob ? blob.count * 4 : 0), 0);
}

function lines(
  facts: readonly LayerFacts[],
  total: { layers: number; parameters: number; macs: number; blobBytes?: number },
): string[] {
  const columns = [
    { title: 'layer' },
    { title: 'type' },
    { title: 'top shapes' },
    { title: 'parameter blobs' },
    { title: 'parameters', align: 'right' as const },
    { title: 'MACs', align: 'right' as const },
  ];
  const shapes = (list: readonly (readonly number[])[]) => list.map((shape) => shape.join('x') || 'scalar').join(' ');
  const rows = facts.map((layer) => [
    layer.name,
    layer.type,
    shapes(layer.tops.map(({ shape }) => shape)),
    shapes(layer.params),
    layer.parameters ? formatCount(layer.parameters) : '',
    layer.macs ? formatCount(layer.macs) : '',
  ]);
  return [
    ...tableLines(columns, rows),
    '',
    `${total.layers} layers, ${formatCount(total.parameters)} parameters (${formatBytes(total.parameters * 4)})` +
      (total.blobBytes === undefined
        ? ''
        : `, ${formatCount(total.macs)} multiply-accumulates a pass, ${formatBytes(total.blobBytes)} of blobs`),
  ];
}
