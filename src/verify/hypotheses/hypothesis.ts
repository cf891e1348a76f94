/**
 * Hypothesis: one way in which a port goes wrong. It says which changes would undo that at a layer; the experiment runs the
 * layer with each of them, and a change that makes it agree with its reference is the cause.
 */
import type { LayerParameter } from '../../generated/messages.js';
import type { LayerFacts } from '../../layers/facts.js';
import type { Tolerance } from '../../compare/compare.js';
import type { FixPlace } from '../diagnosis.js';
import type { FloatTensor } from '../tensors.js';

/** A layer that may be wrong: the one that fails, or one without a reference between it and the references before. */
export interface Suspect {
  readonly name: string;
  readonly type: string;
  /** What is known about the type; nothing of a class of the user's own without facts. */
  readonly facts: Partial<LayerFacts>;
  /** As in the prototxt. */
  readonly param: LayerParameter;
  /** Parameter blobs. */
  readonly blobs: readonly FloatTensor[];
  /** What it reads: references, or what layers without one make of references. */
  readonly bottoms: readonly FloatTensor[];
  /** What it gives on them: the top that fails; of a layer before the failing one its first. */
  readonly output: FloatTensor;
  /** Which of its tops that is. */
  readonly top: number;
  /** What it should give, in the shape it was saved in: known only of the layer that fails. */
  readonly reference?: FloatTensor;
  /** What the layer that fails should give: the reference above, or that of the layer after this one. */
  readonly wanted: FloatTensor;
  /** The name that the reference goes by. */
  readonly referenceName?: string;
  readonly surroundings: Surroundings;
  /** Runs the layer with a change made to it: the same top as `output`. @throws NetspecError when it refuses. */
  run(change: Change): Promise<FloatTensor>;
  /** What the layer that fails gives when this one gives `output`. @throws NetspecError when a layer refuses. */
  resultOf(output: FloatTensor): Promise<FloatTensor>;
}

/** A layer beside the suspect. */
export interface Neighbour {
  readonly name: string;
  readonly type: string;
  readonly param: LayerParameter;
}

/** What the suspect's place in the net tells. */
export interface Surroundings {
  /** The layer that made a bottom, and what that layer reads. */
  producer(bottom: number): Promise<Producer | undefined>;
  /** The layers that lead to a bottom one after the other, the last first: the first of several bottoms is followed no further. */
  leading(bottom: number): Promise<Producer[]>;
  /**
   * Layers that overwrote a bottom in place before the suspect read it, the last first, each with what the bottom held
   * before it.
   */
  overwriters(bottom: number): Promise<Overwriter[]>;
  /** The other layers that have parameters, the nearest first. */
  parameters(): readonly Parameters[];
  /**
   * The values that the suspect's are functions of, each of the one at its place: those of one blob, and layers without references
   * between. The nearest first; what the suspect itself reads as its only bottom is not among them.
   */
  sources(): Promise<ValueSource[]>;
  /** The layers that read what the suspect gives. */
  readers(): readonly Neighbour[];
  /** What the layers after this one would make of `output`, nearest first: chains of layers with one bottom. */
  continuations(output: FloatTensor): Continuation[];
  /** Shapes that a bottom had on its way here through layers that keep values and order (Flatten, Reshape), latest first. */
  formerShapes(bottom: number): Promise<readonly (readonly number[])[]>;
  /** All layers after the suspect that read or write the blob of its first top, in order. */
  users(): readonly Neighbour[];
  /** All tops of the suspect. */
  ownTops(): Promise<readonly NamedValue[]>;
  /** What the Slice that makes a bottom gives besides it; empty where no Slice makes it. */
  siblings(bottom: number): Promise<readonly Sibling[]>;
  /** What the net is fed. */
  inputs(): Promise<readonly Fed[]>;
  /** The blob of the input that a bottom is, as it was fed; undefined where it is computed. */
  readsInput(bottom: number): string | undefined;
}

/** A blob that a layer's values are functions of, each of the one at its place. */
export interface ValueSource extends NamedValue {
  /** The layers between, in order. */
  readonly layers: readonly Neighbour[];
  /** Whether others read what one of them gives. */
  readonly isReadElsewhere: boolean;
}

/** A blob's name, and what it holds. */
export interface NamedValue {
  readonly blob: string;
  readonly value: FloatTensor;
}

/** Another top of the Slice that makes a bottom. */
export interface Sibling extends NamedValue {
  readonly producer: Neighbour;
  /** Another layer reads this top, or that which the suspect reads, and agrees. */
  readonly othersAgree: boolean;
}

/** An input of the net. */
export interface Fed extends NamedValue {
  readonly producer: Neighbour;
}

/** A layer with parameters. */
export interface Parameters extends Neighbour {
  readonly blobs: readonly FloatTensor[];
}

export interface Producer extends Neighbour {
  /** The producer's own bottoms. */
  readonly bottoms: readonly FloatTensor[];
  /** Its parameter blobs. */
  readonly blobs: readonly FloatTensor[];
  /** What it gives to this bottom with other parameter blobs. @throws NetspecError when it refuses. */
  run(blobs: readonly FloatTensor[]): FloatTensor;
}

export interface Overwriter extends Neighbour {
  readonly before: FloatTensor;
  /** Other layers that read what it leaves and agree with their references. */
  readonly otherReaders: readonly Neighbour[];
  /** Its reference, or that of one of these layers, says that the model has it. */
  readonly isInModel: boolean;
}

export interface Continuation extends Neighbour {
  readonly output: FloatTensor;
}

/** What is done otherwise. Whatever is absent stays. */
export interface Change {
  param?: LayerParameter;
  /** New parameters, or 'filler' for what the layer's own fillers make. */
  blobs?: 'filler' | (() => readonly FloatTensor[]);
  /** What it reads instead. A function where these are large and one of many. */
  bottoms?: readonly FloatTensor[] | (() => readonly FloatTensor[]);
  /** Done with that top afterwards. Element by element, or for all channels at once when nothing else changes. */
  output?: (output: FloatTensor) => FloatTensor;
  /** Done with the reference. */
  reference?: (reference: FloatTensor) => FloatTensor;
}

/** How many numbers of a change are taken from the reference, the fewest first: the fewer, the more a match says. */
export const FITTED = ['none', 'few', 'one per channel', 'several per channel'] as const;
export type Fitted = (typeof FITTED)[number];

/** One change that would undo a fault. */
export interface Variant {
  /** A few words: `pad: 1, round_mode: FLOOR`. */
  label: string;
  /** What is wrong when this one matches. */
  explanation: string;
  change: Change;
  fix: Fix;
  /** Another edit, for a schema that lacks a field or a layer type of the first, and what it does in a few words. */
  instead?: { readonly words: string; readonly fix: PrototxtFix };
  /** Parameters of layers that the edit adds, by the layer's name, and of the suspect where the change does not say them. */
  values?: Readonly<Record<string, () => readonly FloatTensor[]>>;
  /** Lines of numpy that save what layers that are added hold, under the names that pack-weights looks for. They run as they are. */
  numbers?: readonly string[];
  /** What blobs of inputs are fed instead, where the change does not say it of the one that was changed. */
  inputs?: Readonly<Record<string, () => FloatTensor>>;
  /** Default: 'none'. */
  fitted?: Fitted;
  /** The layer to blame, where it is not the suspect. */
  culprit?: Neighbour;
  /** The edit is one for the whole model: where it mends one layer it is not printed again at others. */
  isOfModel?: boolean;
  /** At least this is allowed, where the hypothesis itself leaves more than the report's tolerance. */
  tolerance?: Tolerance;
}

/** An edit of layers of the prototxt. */
export interface PrototxtFix {
  readonly place: 'prototxt';
  readonly before: readonly LayerParameter[];
  /** What they become. A layer of a new name goes right behind the one before it in this list, the first ones before the next. */
  readonly after: readonly LayerParameter[];
}

/** An edit of the script that packs, feeds or saves: lines of numpy. */
export interface ScriptFix {
  readonly place: Exclude<FixPlace, 'prototxt'>;
  /** What the lines make: `what is packed`. */
  readonly file: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The edit that mends. */
export type Fix = PrototxtFix | ScriptFix;

export interface Hypothesis {
  readonly id: string;
  /** What it supposes, for lists. */
  readonly title: string;
  /** The changes to try at a layer, simplest first; none where the hypothesis has nothing to say of it. */
  variants(suspect: Suspect): Iterable<Variant> | AsyncIterable<Variant>;
}
