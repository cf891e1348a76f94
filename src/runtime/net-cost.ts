/** netCost: how large a net is and how much it computes, without running it. */
import type { NetParameter } from '../generated/messages.js';
import { Net } from './net.js';

export interface NetCost {
  /** Values that are learned: those of a BatchNorm's statistics, and of layers that learn nothing, are none; shared ones count once. */
  readonly parameters: number;
  /** Multiply-accumulates of one pass. */
  readonly macs: number;
}

/**
 * The cost of a net at the shapes that it is written with.
 * @throws NetspecError for whatever Caffe refuses, as Net.load does
 * @example
 * (await netCost(lenet())).parameters; // 431080
 */
export async function netCost(param: NetParameter): Promise<NetCost> {
  const net = await Net.load(param, { phase: 'TEST', shapesOnly: true });
  try {
    const shared = new Set<string>();
    let parameters = 0;
    let macs = 0;
    for (const [index, layer] of net.layers.entries()) {
      macs += net.macsOf(index);
      if (layer.type === 'BatchNorm') continue;
      for (const [i, { shape }] of (net.params.get(layer.name) ?? []).entries()) {
        const { name, lr_mult: rate } = layer.param.param?.[i] ?? {};
        if (rate === 0 || (name !== undefined && shared.has(name))) continue;
        if (name !== undefined) shared.add(name);
        parameters += shape.reduce((product, size) => product * size, 1);
      }
    }
    return { parameters, macs };
  } finally {
    net.dispose();
  }
}
