/**
 * A caffemodel as a source of weights: its blobs under the names that PyTorch's convention gives them, so that the
 * identity map packs them into another net.
 */
import { NetspecError } from '../../errors.js';
import type { NetParameter } from '../../generated/messages.js';
import { blobFactsOf, type BlobRole, type LayerHints } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import { CaffemodelReader, type BlobEntry, type CaffemodelReaderOptions } from '../../proto/caffemodel-reader.js';
import { upgradeNet } from '../../proto/upgrade.js';
import { wrongKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { PYTORCH_NAMES } from '../maps/tensor-names.js';
import type { Tensor, WeightSource } from '../source.js';
import { sourceOfEntries, type TensorEntry } from '../stored.js';
import type { WeightFormat } from './format.js';

export const caffemodel: WeightFormat = {
  name: 'caffemodel',
  extensions: ['.caffemodel'],
  docs: {
    files: "another `.caffemodel`, V0 and V1 included, of floats, doubles, or NVIDIA Caffe's half precision",
    tensors: '`conv1.weight`, `conv1.bias`, …',
  },
  // It begins with any of many bytes.
  match: ({ head }) => wrongKind(head, 'weights', false) === undefined,
  open: ({ access, schema }) => openCaffemodelSource(access, { schema }),
};

/**
 * The name of a layer's blob as a tensor: `conv1.weight`, `conv1.bias`, then `lstm1.2`; a BatchNorm's are
 * `bn1.running_mean` and `bn1.running_var`, a Bias layer's is `bias1.bias`. The identity map finds them by these names.
 * @param hints what else is known of the layer, for a type that forks use for several layers
 */
export function blobTensorName(layer: string, type: string, index: number, hints: LayerHints = {}): string {
  const role = blobRoles(type, hints)(index);
  return `${layer}.${role === 'other' ? index : role === 'divisor' ? 'scale_factor' : PYTORCH_NAMES[role]}`;
}

/** What each blob of a layer is, by its index; weight and bias, where the type does not say. */
function blobRoles(type: string, hints: LayerHints): (index: number) => BlobRole {
  const facts = factsOf({ type }, hints);
  if (!facts?.blobs) return (index) => (index === 0 ? 'weight' : index === 1 ? 'bias' : 'other');
  return (index) => blobFactsOf(facts, { type }, index)?.role ?? 'other';
}

/**
 * Opens a caffemodel, V0 and V1 files included, as a source. A BatchNorm's mean and variance come divided by its third
 * blob, as Caffe uses them, and the third blob is not listed. `access` is closed with the source.
 * @throws NetspecError as {@link CaffemodelReader.open}
 */
export async function openCaffemodelSource(
  access: RandomAccess,
  options: CaffemodelReaderOptions = {},
): Promise<WeightSource> {
  const reader = await CaffemodelReader.open(access, options);
  const entries: TensorEntry[] = [];
  for (const [i, { name, type, blobs }] of reader.layers.entries()) {
    const hints = { schema: options.schema?.name, blobs: blobs.map(({ shape }) => shape) };
    const roleOf = blobRoles(type, hints);
    const divisor = blobs.findIndex((_, j) => roleOf(j) === 'divisor');
    for (const [j, blob] of blobs.entries()) {
      if (j === divisor) continue;
      const normalized = divisor >= 0 && (roleOf(j) === 'mean' || roleOf(j) === 'variance');
      const info = {
        name: blobTensorName(name, type, j, hints),
        shape: blob.shape,
        dtype: blob.dtype,
        ...problemOf(blob, access),
      };
      const place = normalized ? undefined : reader.floatsAt(i, j);
      entries.push({
        info,
        read: () => (normalized ? readStatistic(reader, i, j, divisor, blob) : readBlob(reader, i, j, blob)),
        ...(place && { stored: { access, ...place } }),
      });
    }
  }
  const source = sourceOfEntries(access.name ?? 'caffemodel', entries, () => reader.close());
  const net = netOf(reader);
  return { ...source, ...(net && { net }) };
}

/** The net without its blobs; undefined where today's format cannot say what the file holds. */
function netOf({ net }: CaffemodelReader): NetParameter | undefined {
  try {
    const { layer = [], ...rest } = upgradeNet(net);
    return { ...rest, layer: layer.map((each) => ({ ...each, blobs: undefined })) };
  } catch (error) {
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

async function readBlob(reader: CaffemodelReader, layer: number, index: number, blob: BlobEntry): Promise<Tensor> {
  return { shape: blob.shape, data: await reader.readBlob(layer, index) };
}

/** Mean or variance, over the factor that Caffe accumulates beside them; a factor of 0 stands for no statistics: all 0. */
async function readStatistic(
  reader: CaffemodelReader,
  layer: number,
  index: number,
  divisor: number,
  blob: BlobEntry,
): Promise<Tensor> {
  const data = await reader.readBlob(layer, index);
  const factor = (await reader.readBlob(layer, divisor))[0] ?? 0;
  if (factor !== 1) for (let i = 0; i < data.length; i++) data[i] = factor === 0 ? 0 : data[i]! / factor;
  return { shape: blob.shape, data };
}

function problemOf({ count, stored }: BlobEntry, { name }: RandomAccess): { problem?: NetspecError } {
  if (count === stored) return {};
  return { problem: new NetspecError(`the shape has ${count} values, the file ${stored}`, { file: name }) };
}
