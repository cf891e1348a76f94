/**
 * `input: "data"` with `input_dim` or `input_shape` at the top of a net → an Input layer in front.
 */
import { NetspecError } from '../../errors.js';
import type { BlobShape, InputParameter, LayerParameter, NetParameter } from '../../generated/messages.js';
import { addressOf } from '../message.js';
import { inherit } from './inherit.js';

/** True when the net names inputs the old way. */
export function needsInputUpgrade(net: NetParameter): boolean {
  return (net.input?.length ?? 0) > 0;
}

/**
 * The net with an Input layer called "input" in front. Inputs without any shape are dropped: such a file is a
 * caffemodel, where only the weights matter.
 */
export function upgradeInputs(net: NetParameter): NetParameter {
  const { input = [], input_shape = [], input_dim = [], ...rest } = net;
  const upgraded: NetParameter = inherit(rest, 'NetParameter', net, { layer: 'input' });
  if (input_shape.length === 0 && input_dim.length === 0) return upgraded;

  const shapeOf = (name: string, i: number): BlobShape => {
    const shape = input_shape.length > 0 ? input_shape[i] : { dim: input_dim.slice(4 * i, 4 * i + 4) };
    if (shape === undefined || (input_shape.length === 0 && shape.dim?.length !== 4))
      throw new NetspecError(
        `Incorrect input blob dimension specifications: input '${name}' is number ${i + 1} and has no shape`,
        {
          ...addressOf(net, 'input'),
          hint:
            input_shape.length > 0
              ? `${input.length} inputs need as many input_shape, there are ${input_shape.length}`
              : `${input.length} inputs need ${4 * input.length} input_dim, there are ${input_dim.length}`,
        },
      );
    return shape;
  };
  const inputParam: InputParameter = inherit({ shape: input.map(shapeOf) }, 'InputParameter', net, {
    shape: input_shape.length > 0 ? 'input_shape' : 'input_dim',
  });
  const layer: LayerParameter = { name: 'input', type: 'Input', top: [...input], input_param: inputParam };
  upgraded.layer = [inheritFromInput(layer, net), ...(net.layer ?? [])];
  return upgraded;
}

/** The new layer stands where the first `input` stood. */
function inheritFromInput(layer: LayerParameter, net: NetParameter): LayerParameter {
  inherit(layer, 'LayerParameter', net, { top: 'input', name: 'input', type: 'input' });
  return layer;
}
