/** importOnnx: an ONNX model as a Caffe net with its weights. */
import { BYTES, FUNCTION, OPTIONS, checkArguments, fields } from '../arguments.js';
import type { NetParameter } from '../generated/messages.js';
import type { LayerBlobs } from '../proto/caffemodel-writer.js';
import { fromBytes, type RandomAccess } from '../proto/random-access.js';
import type { Schema } from '../proto/schema.js';
import { Net } from '../runtime/net.js';
import { sameShape } from '../shapes.js';
import type { Remark } from './emit/emit-context.js';
import { emitGraph, type EmittedNet } from './emit/emit-graph.js';
import { shareWeights, type SharedWeights } from './emit/share-weights.js';
import { targetNamed } from './emit/target.js';
import { simplify } from './patterns/index.js';
import { prepare, type PrepareOptions } from './prepare/prepare.js';
import { describe } from './prepare/sort.js';
import { interpretWithin, type InterpretedValues } from './interpret.js';
import { readModel } from './reader/read-model.js';
import type { Model } from './schema/model.js';

/** How {@link importOnnx} writes a model. */
export interface ImportOptions extends PrepareOptions {
  /** The Caffe that the net is for: `bvlc` (default), `caffe-1.0`, or the name of a fork whose schema is built in. */
  readonly target?: string;
  /** `exact-bvlc` writes heavy constructions that `readable`, the default, refuses. */
  readonly style?: 'readable' | 'exact-bvlc';
  /** Accept layers that come near what the model computes, with a known error. */
  readonly allowApproximate?: boolean;
  /** Keep BatchNormalization as BatchNorm and Scale instead of folding it into the layer before. */
  readonly keepBatchNorm?: boolean;
  /**
   * Layers with the same weights share them by name, and the caffemodel holds them once: the default. With `false` each layer
   * has its own in the file, for readers that look up every layer by its name.
   */
  readonly shareParams?: boolean;
  /** Opens a file in the model's folder, for external data. */
  readonly openBeside?: (path: string) => Promise<RandomAccess>;
}

/** A model in Caffe's layers. */
export interface ImportedNet {
  readonly net: NetParameter;
  /** That of the fork that the net is for; undefined for BVLC's Caffe. The net is loaded and written with it. */
  readonly schema?: Schema;
  /** Parameter blobs of each layer of `net`. */
  readonly blobs: readonly LayerBlobs[];
  /** What {@link writeCaffemodel} is given: `net` and `blobs` without the layers that have their weights from others. */
  readonly weights: { readonly net: NetParameter; readonly blobs: readonly LayerBlobs[] };
  /** By the name of a blob, the value of the model that it holds. */
  readonly values: ReadonlyMap<string, string>;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly type: string }[];
  readonly outputs: readonly string[];
  /** Whether the net begins at the model's own inputs. */
  readonly isWhole: boolean;
  /** Values of the model, as its file names them, that blobs hold: what there is to compare. */
  readonly wanted: ReadonlySet<string>;
  /**
   * Computes the model's own values, in double precision and one by one, for inputs by name: all of them, or undefined
   * when the model is too large for that.
   */
  readonly interpret: (inputs: ReadonlyMap<string, ArrayLike<number>>) => InterpretedValues | undefined;
  /** Multiply-accumulates of one pass of the net. */
  readonly macs: number;
  /** What the user should know: heavy constructions, approximations, axes that were set. */
  readonly remarks: readonly string[];
}

const ONNX = fields('the bytes of a model, or a file such as openFile() gives', { read: FUNCTION });

/**
 * Reads an ONNX model and writes it in Caffe's layers.
 * @param source the file's bytes, or random access to them
 * @throws NetspecError when the bytes are no model, an option does not fit it, or operators cannot be expressed: all of
 * these at once, each with its node, the reason and what to do
 * @example
 * const { net } = await importOnnx(await readFile('model.onnx'));
 * net.layer!.map(({ type }) => type); // → ['Input', 'ReLU']
 */
export async function importOnnx(source: Uint8Array | RandomAccess, options: ImportOptions = {}): Promise<ImportedNet> {
  checkArguments('importOnnx()', {
    source: [source, source instanceof Uint8Array ? BYTES : ONNX],
    options: [options, OPTIONS],
  });
  targetNamed(options.target ?? 'bvlc');
  return importModel(await readModel(source instanceof Uint8Array ? fromBytes(source) : source, options), options);
}

/** As {@link importOnnx}, of a model that was read. */
export async function importModel(model: Model, options: Omit<ImportOptions, 'openBeside'>): Promise<ImportedNet> {
  const target = targetNamed(options.target ?? 'bvlc');
  const prepared = prepare(model, options);
  const original = prepared.graph.copy();
  simplify(prepared, { keepBatchNorm: options.keepBatchNorm ?? false });
  const emitted = emitGraph(prepared, {
    target,
    exactBvlc: options.style === 'exact-bvlc',
    allowApproximate: options.allowApproximate ?? false,
    keepBatchNorm: options.keepBatchNorm ?? false,
  });
  const macs = await checkShapes(emitted, target.schema);
  const shared = options.shareParams === false ? undefined : shareWeights(emitted.net.layer!, emitted.made);
  const named = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs));
  const blobs = emitted.made.map((made): LayerBlobs =>
    made && made.blobs.length > 0
      ? { blobs: made.blobs.map((each) => ({ shape: each.shape, read: () => each.values() })) }
      : {},
  );
  return {
    net: emitted.net,
    weights: shared ? without(emitted.net, blobs, shared.isLeftOut) : { net: emitted.net, blobs },
    schema: target.schema,
    blobs,
    // What patterns made up is no value of the model.
    values: new Map([...emitted.values].filter(([, value]) => original.types.has(value))),
    inputs: prepared.graph.inputs,
    outputs: prepared.graph.outputs,
    isWhole: options.inputs === undefined,
    wanted: new Set([...emitted.values.values()].filter((name) => named.has(name))),
    interpret: (inputs) => interpretWithin(original, inputs),
    macs,
    remarks: [...prepared.remarks, ...summarize(emitted.remarks), ...remarksOn(shared)],
  };
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function without(net: NetParameter, blobs: readonly LayerBlobs[], isLeftOut: readonly boolean[]) {
  const isKept = (_: unknown, i: number): boolean => !isLeftOut[i];
  return { net: { ...net, layer: net.layer!.filter(isKept) }, blobs: blobs.filter(isKept) };
}

function remarksOn(shared: SharedWeights | undefined): string[] {
  if (!shared || shared.owners === 0) return [];
  const [owners, users] = [countOf(shared.owners, 'layer'), countOf(shared.users, 'other')];
  return [
    `shared by name: the weights of ${owners}, by ${users}; the caffemodel holds them once, and options.shareParams false writes ` +
      'them for each layer',
  ];
}

/** Remarks, those that say the same of several nodes as one. */
function summarize(remarks: readonly Remark[]): string[] {
  const groups = new Map<string, Remark[]>();
  for (const remark of remarks) {
    const key = `${remark.kind}: ${remark.node?.op ?? ''} ${remark.text}`;
    groups.set(key, [...(groups.get(key) ?? []), remark]);
  }
  return [...groups.values()].map((group) => {
    const [{ kind, node, text }] = group as [Remark];
    const nodes = new Set(group.map((remark) => remark.node));
    const who = node ? (nodes.size === 1 ? describe(node) : `${nodes.size} nodes (${node.op})`) : '';
    return `${kind === 'note' ? '' : `${kind}: `}${who === '' ? '' : `${who}: `}${text}`;
  });
}

/**
 * That the layers' shapes are those that the values have.
 * @returns the multiply-accumulates of a pass
 */
async function checkShapes({ net, made }: EmittedNet, schema: Schema | undefined): Promise<number> {
  const built = await Net.load(net, { phase: 'TEST', shapesOnly: true, schema });
  try {
    net.layer!.forEach((layer, i) =>
      made[i]?.tops.forEach(({ shape }, k) => {
        const found = built.blobs.get(layer.top![k]!)!.shape;
        if (!sameShape(found, shape))
          throw new Error(
            `layer '${layer.name!}' (${layer.type!}): its top is ${found.join('x')}, expected ${shape.join('x')}`,
          );
      }),
    );
    return built.layers.reduce((sum, _, i) => sum + built.macsOf(i), 0);
  } finally {
    built.dispose();
  }
}
