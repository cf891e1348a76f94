/**
 * step-over: stands in for layers that cannot be run here: those of a type that is not known, and those that netspec does not run,
 * which read a database, run Python or train. They compute nothing; what reads their tops is fed by whoever runs the net.
 */
import type { LayerParameter } from '../generated/messages.js';
import type { Blob } from '../engine/blob.js';
import type { BlobCount } from '../layers/facts.js';
import { Layer, type LayerContext } from '../layers/layer.js';
import { factsOf, isKnownType, isMisspelt } from '../layers/registry.js';

/** Shapes of blobs by name, of those that no layer here gives a shape. */
export type GivenShapes = ReadonlyMap<string, readonly number[]>;

/** What a stand-in is told. */
export interface StandInOptions {
  /** Shapes that were given, by the tops' names. */
  shapes: GivenShapes;
  /** Shapes of its parameter blobs, where weights are known. */
  blobs?: readonly (readonly number[])[];
  /** A top whose shape nobody knows is taken to have that of what is read. */
  assume: boolean;
}

/** A layer that is not run. Its tops keep whatever values they are given. */
export class SteppedOverLayer extends Layer {
  override readonly bottomCount: BlobCount = {};
  override readonly topCount: BlobCount = {};

  constructor(
    param: LayerParameter,
    context: LayerContext,
    private readonly known: StandInOptions,
  ) {
    super(param, context);
  }

  override setUp(): void {
    for (const shape of this.known.blobs ?? []) this.blobs.push(this.context.createParam(shape));
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const shapes = this.shapesFor(bottom.map(({ shape }) => shape));
    top.forEach((blob, i) => {
      const shape = shapes[i];
      if (shape && !bottom.includes(blob)) blob.reshape(shape);
    });
  }

  /** The shape of each top; undefined for one that nobody knows. */
  shapesFor(bottoms: readonly (readonly number[])[]): (readonly number[] | undefined)[] {
    const { top = [], bottom = [] } = this.param;
    const byRule = this.rule(bottoms);
    const assumed = (i: number) => (this.known.assume ? (bottoms[i] ?? bottoms[0]) : undefined);
    return top.map((name, i) => {
      const inPlace = bottom.indexOf(name);
      return this.known.shapes.get(name) ?? (inPlace >= 0 ? bottoms[inPlace] : (byRule?.[i] ?? assumed(i)));
    });
  }

  /** Names of the tops whose shapes are no more than assumed. */
  assumedTops(bottoms: readonly (readonly number[])[]): string[] {
    const { top = [], bottom = [] } = this.param;
    const byRule = this.rule(bottoms);
    const isAssumed = (name: string, i: number) =>
      !this.known.shapes.has(name) && !bottom.includes(name) && byRule?.[i] === undefined;
    return this.known.assume && bottoms.length > 0 ? top.filter(isAssumed) : [];
  }

  /** What is known of the type. */
  protected rule(bottoms: readonly (readonly number[])[]): readonly (readonly number[])[] | undefined {
    return factsOf(this.param)?.unsupported?.shapes?.(this.param, bottoms);
  }

  override forward(): void {
    // Its tops are fed.
  }
}

/** A layer that could be run, were the shape of what it reads known. */
export class UnshapedLayer extends SteppedOverLayer {
  protected override rule(): undefined {
    return undefined;
  }
}

/** Whether a layer is not run here: its type is not known, or one that netspec does not run. A misspelt type is neither. */
export function isNotRun(param: LayerParameter): boolean {
  const { type = '' } = param;
  if (!isKnownType(type)) return type !== '' && !isMisspelt(param);
  return factsOf(param)?.unsupported !== undefined;
}

/** Whether a layer is an Input of which no shape is known. */
export function isOpenInput({ type, input_param }: LayerParameter): boolean {
  return type === 'Input' && (input_param?.shape ?? []).length === 0;
}
