/** run-layer: one layer, run alone on given values: the experiment that every hypothesis is put to. */
import type { BlobProto, LayerParameter } from '../generated/messages.js';
import { Net } from '../runtime/net.js';
import type { FloatTensor } from './tensors.js';

export interface LayerRun {
  /** The layer as the prototxt has it, names and all. */
  param: LayerParameter;
  /** Its parameters; undefined to have its fillers make them. */
  blobs?: readonly FloatTensor[];
  bottoms: readonly FloatTensor[];
  algorithm: 'auto' | 'gemm';
  phase: 'TEST' | 'TRAIN';
}

/**
 * The tops of a layer.
 * @throws NetspecError when the layer refuses its settings, parameters or bottoms.
 */
export async function runLayer({ param, blobs, bottoms, algorithm, phase }: LayerRun): Promise<FloatTensor[]> {
  // Blobs get names of their own, so that one that is read twice is two; in-place layers stay in place.
  const given = param.bottom ?? [];
  const names = given.map((_, i) => `bottom${i}`);
  const tops = (param.top ?? []).map((top, i) => {
    const inPlace = given[i] === top ? i : given.indexOf(top);
    return inPlace >= 0 ? names[inPlace]! : `top${i}`;
  });
  const layer: LayerParameter = {
    ...param,
    bottom: names,
    top: tops,
    include: undefined,
    exclude: undefined,
    loss_weight: undefined,
    blobs: blobs?.map(blobOf),
  };
  const inputs = names.map((name, i): LayerParameter => {
    const shape = [{ dim: [...bottoms[i]!.shape] }];
    return { name, type: 'Input', top: [name], input_param: { shape } };
  });
  const net = await Net.load({ layer: [...inputs, layer] }, { algorithm, phase });
  try {
    names.forEach((name, i) => {
      net.blobs.get(name)!.data.set(bottoms[i]!.data);
    });
    // A top that is a bottom is no output of the net when a second layer reads it: none does here.
    await net.forward();
    return tops.map((name) => {
      const blob = net.blobs.get(name)!;
      return { shape: blob.shape, data: blob.data.slice() };
    });
  } finally {
    net.dispose();
  }
}

/** A scalar has no shape message, as in Caffe's files. */
function blobOf({ shape, data }: FloatTensor): BlobProto {
  return shape.length > 0 ? { shape: { dim: [...shape] }, data } : { data };
}
