/** deployNet: a net for training as a net for deployment: inputs for data layers, no losses, no labels, nothing of training. */
import { MESSAGE, OPTIONS, checkArguments } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import type { LayerParameter, NetParameter, NetStateRule } from '../../generated/messages.js';
import { nameAndType } from '../../proto/derive.js';
import { resolve } from '../../proto/message.js';
import { withState } from '../net-options.js';
import { filterNet } from '../state-filter.js';
import { withoutTraining } from './clean-layer.js';
import { imageShape } from './input-shape.js';
import { dependsOnWeights, isData, isLabelOnly } from './labels.js';
import { trainingOf } from './training.js';

/** How a net is deployed. */
export interface DeployOptions {
  /** Shapes of inputs by the blob's name, where the net does not say them, or others are wanted. */
  inputShapes?: ReadonlyMap<string, readonly number[]>;
}

/** A net that was deployed. */
export interface DeployedNet {
  net: NetParameter;
  /** What was done, a line each: which layers were left out, and what the data layers did that nobody does now. */
  remarks: string[];
}

/** The stage that nets for training and deployment in one file use. */
const STAGE = 'deploy';

/**
 * The net that a training net stands for when it is used. It is the net of phase TEST with these changes:
 *
 * - Input layers stand for data layers: batch 1, the size of `crop_size` (or of what the layer resizes to), the channels of
 *   the mean values or of the first weights;
 * - SoftmaxWithLoss becomes Softmax, SigmoidCrossEntropyLoss Sigmoid; other losses and Accuracy are left out, and of several
 *   classifiers those whose loss counts less, with what only they read;
 * - labels, fillers, multipliers of learning rates, loss weights, include and exclude rules are gone. An interpolation kernel
 *   keeps its filler, and shared parameters their names.
 * @param net in today's format; blobs of its layers stay
 * @throws NetspecError where an input's size is not known, or nobody makes a blob that is wanted
 * @example
 * const { net } = deployNet(parsePrototxt(await readText('train_val.prototxt')));
 */
export function deployNet(net: NetParameter, options: DeployOptions = {}): DeployedNet {
  checkArguments('deployNet()', { net: [net, MESSAGE], options: [options, OPTIONS] });
  const { inputShapes = new Map() } = options;
  return new Deployment(net, inputShapes).run();
}

class Deployment {
  readonly #layers: readonly LayerParameter[];
  readonly #remarks: string[] = [];
  /** What stands for each layer of training that has a counterpart. */
  readonly #heads = new Map<LayerParameter, LayerParameter>();

  constructor(
    readonly whole: NetParameter,
    readonly inputShapes: ReadonlyMap<string, readonly number[]>,
  ) {
    const stages = mentionsStage(whole) ? [STAGE] : [];
    const { layer = [] } = filterNet(withState({ ...whole, state: undefined }, { phase: 'TEST', stages }));
    this.#layers = layer;
  }

  run(): DeployedNet {
    const kept = this.#kept();
    const inputs = this.#inputs(kept);
    const layers = this.#layers.flatMap((layer) => {
      const head = this.#heads.get(layer);
      return head ? [head] : kept.has(layer) && !isData(layer) ? [withoutTraining(layer)] : [];
    });
    this.#remarkLeft(kept);
    const net = { ...this.whole, layer: [...inputs, ...layers] };
    delete net.state;
    delete net.force_backward;
    delete net.debug_info;
    return { net, remarks: this.#remarks };
  }

  /** The layers that the deployed net's outputs depend on, data layers included. */
  #kept(): Set<LayerParameter> {
    const wanted = this.#outputs();
    const kept = new Set<LayerParameter>();
    for (const layer of this.#layers.toReversed()) {
      const { bottom = [], top = [] } = layer;
      if (trainingOf(layer) || !top.some((blob) => wanted.has(blob))) continue;
      kept.add(layer);
      for (const blob of bottom) wanted.add(blob);
    }
    // What uses up tops that nobody reads goes on doing so.
    const made = new Set([...kept].flatMap(({ top = [] }) => top));
    const uses = ({ type, bottom = [] }: LayerParameter) =>
      type === 'Silence' && bottom.every((blob) => made.has(blob) && !isLabelOnly(blob, this.#layers));
    for (const layer of this.#layers) if (uses(layer)) kept.add(layer);
    return kept;
  }

  /** The blobs that the deployed net is for: what losses read, and what nobody reads already. */
  #outputs(): Set<string> {
    const read = new Set(this.#layers.flatMap(({ bottom = [] }) => bottom));
    const outputs = new Set(
      this.#layers.flatMap((layer) => {
        const unread = (layer.top ?? []).filter((blob) => !read.has(blob));
        const counts = unread.length > 0 && !trainingOf(layer) && !isData(layer) && !this.#readsLabelsAlone(layer);
        return counts ? unread : [];
      }),
    );
    const losses = this.#losses();
    for (const layer of losses) for (const blob of this.#predictions(layer)) outputs.add(blob);
    this.#makeHeads(losses);
    return outputs;
  }

  /** The layers of training whose bottoms are what the net is for. Measures count where there is nothing else. */
  #losses(): LayerParameter[] {
    const all = this.#layers.filter((layer) => trainingOf(layer));
    const losses = all.filter((layer) => !trainingOf(layer)!.measures);
    const classifiers = losses.filter((layer) => trainingOf(layer)!.becomes !== undefined);
    const weight = ({ loss_weight: [first = 1] = [] }: LayerParameter) => first;
    const most = Math.max(...classifiers.map(weight));
    return (losses.length > 0 ? losses : all).filter((layer) => !classifiers.includes(layer) || weight(layer) >= most);
  }

  /** The bottoms of a layer of training that are no labels. */
  #predictions(layer: LayerParameter): string[] {
    const { bottom = [] } = layer;
    const { labels } = trainingOf(layer)!;
    const [predictions, others] = [false, true].map((isLabel) =>
      bottom.filter((_, i) => labels.includes(i) === isLabel),
    ) as [string[], string[]];
    // The order of a loss of differences is free: labels come straight from data.
    const learned = (blobs: readonly string[]) => blobs.filter((blob) => dependsOnWeights(blob, this.#layers));
    return learned(predictions).length === 0 && learned(others).length > 0 ? learned(others) : predictions;
  }

  #makeHeads(losses: readonly LayerParameter[]): void {
    const heads = losses.filter((layer) => trainingOf(layer)!.becomes !== undefined);
    const names = new Set(
      this.#layers.flatMap((layer) => (trainingOf(layer) ? [] : [layer.name ?? '', ...(layer.top ?? [])])),
    );
    for (const layer of heads) {
      const type = trainingOf(layer)!.becomes!;
      const [bottom = ''] = this.#predictions(layer);
      if (this.#layers.some((each) => each.type === type && each.bottom?.length === 1 && each.bottom[0] === bottom))
        continue;
      const own = layer.name ?? '';
      const name = heads.length === 1 && !names.has('prob') ? 'prob' : own;
      const softmax = softmaxParam(layer);
      this.#heads.set(layer, {
        name: layer.type === type ? own : name,
        type,
        bottom: [bottom],
        top: [layer.type === type ? (layer.top?.[0] ?? own) : name],
        ...(softmax && type === 'Softmax' && { softmax_param: softmax }),
      });
    }
  }

  /** Input layers for what data layers made, or nobody. */
  #inputs(kept: ReadonlySet<LayerParameter>): LayerParameter[] {
    const read = new Set(
      [...[...kept].filter((layer) => !isData(layer)), ...this.#heads.values()].flatMap(({ bottom = [] }) => bottom),
    );
    const made = new Set([...kept].flatMap((layer) => (isData(layer) ? [] : (layer.top ?? []))));
    const inputs: LayerParameter[] = [];
    for (const blob of read) {
      if (made.has(blob) && !this.#readsItself(blob, kept)) continue;
      // The phase TEST may lack a data layer of its own.
      const maker = [...this.#layers, ...(this.whole.layer ?? [])].find(
        (each) => isData(each) && each.top?.includes(blob),
      );
      inputs.push(this.#input(blob, maker));
    }
    return inputs;
  }

  /** Whether a blob's first maker reads it: an in-place layer behind a data layer. */
  #readsItself(blob: string, kept: ReadonlySet<LayerParameter>): boolean {
    const first = this.#layers.find((layer) => kept.has(layer) && !isData(layer) && layer.top?.includes(blob));
    return first?.bottom?.includes(blob) ?? false;
  }

  #input(blob: string, maker: LayerParameter | undefined): LayerParameter {
    const given = this.inputShapes.get(blob);
    const consumers = this.#layers.filter(({ bottom = [] }) => bottom.includes(blob));
    if (!maker && !given) {
      const [reader] = consumers;
      throw new NetspecError(`no layer makes '${blob}', which it reads`, {
        layer: reader && nameAndType(reader),
        code: 'unknown-input-shape',
      });
    }
    const { shape, assumed } = given ? { shape: given, assumed: undefined } : imageShape(maker!, blob, consumers);
    const name = maker?.name !== undefined && maker.top?.[0] === blob ? maker.name : blob;
    const size = shape.join('x');
    if (maker)
      this.#remarks.push(
        `'${blob}' is an Input of ${size} in place of ${maker.type ?? ''} '${maker.name ?? ''}'` +
          (assumed === undefined ? '' : ` (${assumed} taken for granted)`) +
          preprocessing(maker),
      );
    return { name, type: 'Input', top: [blob], input_param: { shape: [{ dim: [...shape] }] } };
  }

  #remarkLeft(kept: ReadonlySet<LayerParameter>): void {
    const left = this.#layers.filter((layer) => !kept.has(layer) && !this.#heads.has(layer) && !isData(layer));
    if (left.length > 0)
      this.#remarks.push(`left out: ${left.map(({ name = '', type = '' }) => `${name} (${type})`).join(', ')}`);
    for (const [layer, { name = '', type = '' }] of this.#heads)
      if (layer.type !== type) this.#remarks.push(`${layer.type ?? ''} '${layer.name ?? ''}' became ${type} '${name}'`);
  }

  /** Whether all that a layer reads are labels, or made of labels. */
  #readsLabelsAlone({ bottom = [] }: LayerParameter): boolean {
    return bottom.length > 0 && bottom.every((blob) => isLabelOnly(blob, this.#layers));
  }
}

function mentionsStage({ layer = [] }: NetParameter): boolean {
  const rules = layer.flatMap(({ include = [], exclude = [] }): NetStateRule[] => [...include, ...exclude]);
  return rules.some(({ stage = [], not_stage = [] }) => [...stage, ...not_stage].includes(STAGE));
}

/** The axis along which a loss takes its softmax. */
function softmaxParam({ softmax_param, infogain_loss_param }: LayerParameter): LayerParameter['softmax_param'] {
  if (infogain_loss_param?.axis !== undefined) return { axis: infogain_loss_param.axis };
  return softmax_param?.axis === undefined ? undefined : { axis: softmax_param.axis };
}

/** What a data layer did to its images, as the end of a remark. */
function preprocessing({ transform_param }: LayerParameter): string {
  if (!transform_param) return '';
  const { mean_value, mean_file, scale } = resolve('TransformationParameter', transform_param);
  const did = [
    ...(mean_value.length > 0 ? [`subtracted ${mean_value.join(', ')}`] : []),
    ...(mean_file === '' ? [] : [`subtracted the mean of ${mean_file}`]),
    ...(scale === 1 ? [] : [`multiplied by ${Number(scale.toPrecision(7))}`]),
  ];
  return did.length === 0 ? '' : `, which ${did.join(' and ')}: do that before images are fed`;
}
