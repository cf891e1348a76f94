/**
 * A caffemodel as a source of weights: its blobs under the names that PyTorch's convention gives them, so that the
 * identity map packs them into another net.
 */
import { NetspecError } from '../errors.js';
import { CaffemodelReader, type BlobEntry, type CaffemodelReaderOptions } from '../proto/caffemodel-reader.js';
import type { RandomAccess } from '../proto/random-access.js';
import type { Tensor, WeightSource } from './source.js';
import { sourceOfEntries, type TensorEntry } from './stored.js';

/**
 * The name of a layer's blob as a tensor: `conv1.weight`, `conv1.bias`, then `lstm1.2`; a BatchNorm's are
 * `bn1.running_mean` and `bn1.running_var`, a Bias layer's is `bias1.bias`. The identity map finds them by these names.
 */
export function blobTensorName(layer: string, type: string, index: number): string {
  const suffixes = { BatchNorm: ['running_mean', 'running_var', 'scale_factor'], Bias: ['bias'] }[type];
  return `${layer}.${(suffixes ?? ['weight', 'bias'])[index] ?? index}`;
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
  for (const [i, { name, type, blobs }] of reader.layers.entries())
    for (const [j, blob] of blobs.entries()) {
      const normalized = type === 'BatchNorm' && blobs.length === 3;
      if (normalized && j === 2) continue;
      const info = {
        name: blobTensorName(name, type, j),
        shape: blob.shape,
        dtype: blob.dtype,
        ...problemOf(blob, access),
      };
      const place = normalized ? undefined : reader.floatsAt(i, j);
      entries.push({
        info,
        read: () => (normalized ? readStatistic(reader, i, j, blob) : readBlob(reader, i, j, blob)),
        ...(place && { stored: { access, ...place } }),
      });
    }
  return sourceOfEntries(access.name ?? 'caffemodel', entries, () => reader.close());
}

async function readBlob(reader: CaffemodelReader, layer: number, index: number, blob: BlobEntry): Promise<Tensor> {
  return { shape: blob.shape, data: await reader.readBlob(layer, index) };
}

/** Mean or variance, over the factor that Caffe accumulates beside them; a factor of 0 stands for no statistics: all 0. */
async function readStatistic(reader: CaffemodelReader, layer: number, index: number, blob: BlobEntry): Promise<Tensor> {
  const data = await reader.readBlob(layer, index);
  const factor = (await reader.readBlob(layer, 2))[0] ?? 0;
  if (factor !== 1) for (let i = 0; i < data.length; i++) data[i] = factor === 0 ? 0 : data[i]! / factor;
  return { shape: blob.shape, data };
}

function problemOf({ count, stored }: BlobEntry, { name }: RandomAccess): { problem?: NetspecError } {
  if (count === stored) return {};
  return { problem: new NetspecError(`the shape has ${count} values, the file ${stored}`, { file: name }) };
}
