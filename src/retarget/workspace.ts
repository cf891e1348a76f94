/** workspace: a net while it is rewritten for a target: new names, new layers in the place of one, blobs of their own. */
import { readsType } from '../lint/rules/target-layers.js';
import type { Target } from '../lint/targets/target.js';
import type { LayerParameter } from '../generated/messages.js';
import type { Storage } from '../optimize/storage.js';
import { factsOfStep, makerOf, readersOf, removeStep, replaceReads } from '../optimize/work.js';
import type { Step, Value, WorkingNet } from '../optimize/work.js';

/** A layer without name, bottoms and tops; the settings of forks are not in the type. */
export type Body = Omit<LayerParameter, 'name' | 'bottom' | 'top'> & { readonly type: string } & Readonly<
    Record<string, unknown>
  >;

export class Workspace {
  /** Layers whose result has another blob's name than before: `conv1` → `conv1/before_relu1`. */
  readonly renamed = new Map<string, string>();

  /** Layers that were merged into another one, in order. */
  readonly mergedLayers: { readonly layer: string; readonly into: string }[] = [];

  /** Settings that a layer is run with here, where the target means something else by its fields than netspec does. */
  readonly runAs = new Map<Step, LayerParameter>();

  /** Whether layers were written that the fork which the net was read as may lack. */
  hasForkLayers = false;

  constructor(
    readonly net: WorkingNet,
    readonly target: Target,
  ) {}

  merged(layer: string, into: string): void {
    this.mergedLayers.push({ layer, into });
  }

  takes(type: string): boolean {
    return readsType(this.target.layers, type);
  }

  takesAll(...types: string[]): boolean {
    return types.every((type) => this.takes(type));
  }

  /** A name that no layer and no blob has. */
  fresh(name: string): string {
    return this.#free(name, ({ layer, tops }) => [layer.name, ...tops.map((top) => top.name)]);
  }

  /** A name that no blob has. */
  #freshBlob(name: string): string {
    return this.#free(name, ({ tops }) => tops.map((top) => top.name));
  }

  #free(name: string, namesOf: (step: Step) => (string | undefined)[]): string {
    const taken = new Set(this.net.steps.flatMap(namesOf));
    let found = name;
    for (let i = 2; taken.has(found); i++) found = `${name}_${i}`;
    return found;
  }

  /** Puts a layer before another one; its blob is named `LAYER/suffix`, as the layer is. */
  before(
    step: Step,
    suffix: string,
    layer: Body,
    bottoms: readonly Value[],
    shape: readonly number[],
    params: Storage[] = [],
  ): Value {
    return this.severalBefore(step, suffix, layer, bottoms, [shape], params)[0]!;
  }

  /** The same with several tops. */
  severalBefore(
    step: Step,
    suffix: string,
    layer: Body,
    bottoms: readonly Value[],
    shapes: readonly (readonly number[])[],
    params: Storage[] = [],
  ): Value[] {
    const name = this.fresh(`${step.layer.name ?? ''}/${suffix}`);
    const tops = shapes.map((shape, i): Value => ({ name: shapes.length === 1 ? name : `${name}_${i}`, shape }));
    const made: Step = { layer: { name, ...layer }, bottoms: [...bottoms], tops, params };
    this.net.steps.splice(this.net.steps.indexOf(step), 0, made);
    return tops;
  }

  /** Makes the layer another one of the same name and tops, whose last step it is. */
  become(step: Step, layer: Body, bottoms: readonly Value[], params: Storage[] = []): void {
    const { name } = step.layer;
    step.layer = { name, ...layer };
    step.bottoms = [...bottoms];
    step.params = params;
  }

  /** Takes a layer out whose tops are its bottom. */
  dissolve(step: Step): void {
    removeStep(this.net, step);
    for (const top of step.tops) replaceReads(this.net, top, step.bottoms[0]!);
  }

  /** Keeps blobs from becoming outputs of the net; the Silence comes after the layer. */
  silence(step: Step, values: readonly Value[]): void {
    const name = this.fresh(`${step.layer.name ?? ''}/silence`);
    const made: Step = { layer: { name, type: 'Silence' }, bottoms: [...values], tops: [], params: [] };
    this.net.steps.splice(this.net.steps.indexOf(step) + 1, 0, made);
  }

  isOutput(value: Value): boolean {
    return this.net.outputs.includes(value);
  }

  /**
   * Has a layer overwrite nothing: what it reads gets another name, and its own result keeps the blob's. Where an input would
   * get another name, the result does.
   * @returns false where neither may have another name
   */
  giveOwnTop(step: Step): boolean {
    const top = step.tops[0]!;
    const bottom = step.bottoms.find(({ name }) => name === top.name);
    if (!bottom) return true;
    const earlier = this.#chain(bottom);
    const first = makerOf(this.net, earlier.at(-1)!);
    const layer = step.layer.name ?? '';
    if (first && !factsOfStep(first)?.fed && !earlier.some((each) => this.isOutput(each))) {
      const name = this.#freshBlob(`${top.name}/before_${layer}`);
      for (const value of earlier) value.name = name;
      for (const value of earlier) {
        const maker = makerOf(this.net, value)?.layer.name;
        if (maker !== undefined) this.renamed.set(maker, name);
      }
      return true;
    }
    const later = this.#later(top);
    if (later.some((each) => this.isOutput(each))) return false;
    const name = this.#freshBlob(layer);
    for (const value of later) value.name = name;
    return true;
  }

  /** A value, and those of its name that in-place layers made it of. */
  #chain(value: Value): Value[] {
    const before = makerOf(this.net, value)?.bottoms.find(({ name }) => name === value.name);
    return before ? [value, ...this.#chain(before)] : [value];
  }

  /** A value, and those that in-place layers make of it. */
  #later(value: Value): Value[] {
    const next = readersOf(this.net, value).flatMap(({ tops }) => tops.filter(({ name }) => name === value.name));
    return [value, ...next.flatMap((each) => this.#later(each))];
  }
}
