/**
 * executePack: writes a planned caffemodel, tensor by tensor; packWeights: plans and writes in one go.
 */
import { asFloat32 } from '../elements.js';
import { LIST, MESSAGE, OBJECT, checkArguments, fields } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import { writeCaffemodel, type LayerBlobs } from '../../proto/caffemodel-writer.js';
import { halfBlob } from '../../proto/half-blob.js';
import type { HalfRange } from '../../proto/half.js';
import type { ByteSink, StoredFloats } from '../../proto/random-access.js';
import { FiniteCheck } from '../float-pieces.js';
import { planPack, type BlobPlan, type PackOptions, type PackPlan } from './plan.js';
import type { NegativeVariances, NonFinite, OutOfRange, PackReport } from './report.js';
import type { Tensor, WeightSource } from '../source.js';

/** How far a packing is. */
export interface PackProgress {
  /** Values written so far, and in all. */
  done: number;
  total: number;
  /** The layer whose blob was written last. */
  layer: string;
}

/** Tensors up to this size are kept for the next blob that wants them: a normalization's vectors are read twice. */
const CACHED_TENSOR_BYTES = 2 ** 20;
const CACHE_BYTES = 2 ** 24;

/**
 * Writes the caffemodel: `net.save` of Caffe would give these bytes; in half precision, NVIDIA's Caffe. Memory is that of
 * the largest tensor.
 * @returns the plan's report with `nonFinite` filled in.
 * @throws NetspecError when a tensor cannot be read or is not what the plan was made with; the sink is then incomplete,
 * so let writeFileAtomically hold it.
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const plan = planWithBestMap({ net, source: await openWeights('model.npz') });
 * await writeFileAtomically('packed.caffemodel', async (sink) => void (await executePack(plan, sink)));
 */
export async function executePack(
  plan: PackPlan,
  sink: ByteSink,
  onProgress?: (progress: PackProgress) => void,
): Promise<PackReport> {
  checkArguments('executePack()', {
    plan: [plan, fields('a plan, such as planPack() gives', { layers: LIST, net: MESSAGE, source: OBJECT })],
    sink: [sink, OBJECT],
  });
  const read = cached(plan.source);
  /** Of each tensor that is taken as it is, which an unrolled net holds several times, and of each computed blob. */
  const checks = new Map<string | BlobPlan, FiniteCheck>();
  /** Tensors that were copied without passing here, and hold such values. */
  const suspects = new Set<string>();
  const ranges = new Map<BlobPlan, HalfRange>();
  const layers = plan.layers.map((blobs, i): LayerBlobs => {
    const { name = '', type = '' } = plan.net.layer![i]!;
    const blobSources = blobs.map((blob) => {
      const values = async function* (): AsyncGenerator<Float32Array> {
        const of = tensorOf(blob) ?? blob;
        const check = checks.has(of) ? undefined : new FiniteCheck();
        for await (const piece of piecesOf(blob, plan.source, read, { name, type })) {
          check?.add(piece);
          yield piece;
        }
        if (check) checks.set(of, check);
      };
      if (plan.half) {
        const range = { overflow: 0, underflow: 0 };
        ranges.set(blob, range);
        return halfBlob(blob.shape, values, range);
      }
      return {
        shape: blob.shape,
        key: tensorOf(blob),
        stored: storedOf(blob, plan.source),
        onNonFinite: () => suspects.add(tensorOf(blob)!),
        read: values,
      };
    });
    return { blobs: blobSources };
  });
  const total = plan.report.parameters;
  const width = plan.half ? 2 : 4;
  await writeCaffemodel(sink, plan.net, layers, {
    schema: plan.schema,
    onProgress: onProgress && ((bytes, layer) => onProgress({ done: Math.min(total, bytes / width), total, layer })),
  });
  for (const tensor of suspects) {
    const check = new FiniteCheck();
    for await (const piece of plan.source.pieces!(tensor)!) check.add(piece);
    checks.set(tensor, check);
  }
  return {
    ...plan.report,
    nonFinite: nonFiniteBlobs(plan, checks),
    negativeVariances: await negativeVariances(plan, read),
    ...(plan.half && { outOfRange: outOfRange(plan, ranges) }),
  };
}

function outOfRange(plan: PackPlan, ranges: ReadonlyMap<BlobPlan, HalfRange>): OutOfRange[] {
  return plan.layers.flatMap((blobs, i) => {
    const { name: layer = '', type = '' } = plan.net.layer![i]!;
    return blobs.flatMap((plan, blob) => {
      const { overflow, underflow } = ranges.get(plan)!;
      return overflow + underflow > 0 ? [{ layer, type, blob, shape: plan.shape, overflow, underflow }] : [];
    });
  });
}

/** Statistics are small, and most of them were read just now. */
async function negativeVariances(
  plan: PackPlan,
  read: (name: string) => Promise<Tensor>,
): Promise<NegativeVariances[]> {
  const found: NegativeVariances[] = [];
  for (const [i, blobs] of plan.layers.entries()) {
    const { name: layer = '', type = '' } = plan.net.layer![i]!;
    const blob = blobs.findIndex((each) => each.kind === 'source' && each.variance !== undefined);
    const each = blobs[blob];
    if (each?.kind !== 'source' || !each.variance) continue;
    const { tensor, eps } = each.variance;
    const { data } = await read(tensor);
    let count = 0;
    for (const value of data) if (value + eps < 0) count++;
    if (count > 0) found.push({ layer, type, blob, shape: each.shape, source: tensor, count, of: data.length });
  }
  return found;
}

/** Where the values of a blob lie as it is to have them. */
function storedOf(blob: BlobPlan, source: WeightSource): StoredFloats | undefined {
  const tensor = tensorOf(blob);
  return tensor === undefined ? undefined : source.stored?.(tensor);
}

/** In file order, whatever the order of writing. */
function nonFiniteBlobs(plan: PackPlan, checks: ReadonlyMap<string | BlobPlan, FiniteCheck>): NonFinite[] {
  return plan.layers.flatMap((blobs, i) => {
    const { name: layer = '', type = '' } = plan.net.layer![i]!;
    return blobs.flatMap((plan, blob) => {
      const found = checks.get(tensorOf(plan) ?? plan)?.result;
      return found ? [{ layer, type, blob, shape: plan.shape, sources: namesOf(plan), ...found }] : [];
    });
  });
}

/** The tensor that a blob holds as it is. */
function tensorOf(plan: BlobPlan): string | undefined {
  return plan.kind === 'source' && !plan.compute ? plan.tensors[0] : undefined;
}

/**
 * {@link planPack}, then {@link executePack}. Nothing is written when the plan fails.
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const source = await openWeights('model.npz');
 * const sink = toBytes();
 * const report = await packWeights({ net, source, map: nameMap('identity'), sink });
 * report.unusedSources; // → []
 */
export async function packWeights(
  options: PackOptions & { sink: ByteSink; onProgress?: (progress: PackProgress) => void },
): Promise<PackReport> {
  checkArguments('packWeights()', {
    options: [
      options,
      fields('options { net, source, map, sink }', { net: MESSAGE, source: OBJECT, map: OBJECT, sink: OBJECT }),
    ],
  });
  return executePack(planPack(options), options.sink, options.onProgress);
}

/** A blob's values, streamed where the source can. */
async function* piecesOf(
  plan: BlobPlan,
  source: WeightSource,
  read: (name: string) => Promise<Tensor>,
  layer: { name: string; type: string },
): AsyncGenerator<Float32Array> {
  const tensor = tensorOf(plan);
  const pieces = tensor === undefined ? undefined : source.pieces?.(tensor);
  if (pieces) {
    yield* pieces;
    return;
  }
  yield await valuesOf(plan, read, layer);
}

async function valuesOf(
  plan: BlobPlan,
  read: (name: string) => Promise<Tensor>,
  layer: { name: string; type: string },
): Promise<Float32Array> {
  if (plan.kind === 'computed') return plan.values();
  const inputs = [];
  for (const [i, name] of plan.tensors.entries()) {
    const data = name === undefined ? undefined : (await read(name)).data;
    if (data && data.length !== plan.counts[i])
      throw new NetspecError(`tensor '${name!}' now has ${data.length} values, ${plan.counts[i]!} when it was listed`, {
        hint: 'the source was changed while it was being packed',
        layer,
      });
    inputs.push(data);
  }
  if (plan.compute) return plan.compute(inputs, plan.count);
  return asFloat32(inputs[0]!);
}

function namesOf(plan: BlobPlan): string[] {
  return plan.kind === 'source' ? plan.tensors.filter((name) => name !== undefined) : [];
}

/** Reads tensors, keeping small ones, the least recently read going first. */
function cached(source: WeightSource): (name: string) => Promise<Tensor> {
  const kept = new Map<string, Tensor>();
  let bytes = 0;
  return async (name) => {
    const hit = kept.get(name);
    if (hit) {
      kept.delete(name);
      kept.set(name, hit);
      return hit;
    }
    const tensor = await source.read(name);
    if (tensor.data.byteLength > CACHED_TENSOR_BYTES) return tensor;
    kept.set(name, tensor);
    bytes += tensor.data.byteLength;
    for (const [oldest, { data }] of kept) {
      if (bytes <= CACHE_BYTES) break;
      kept.delete(oldest);
      bytes -= data.byteLength;
    }
    return tensor;
  };
}
