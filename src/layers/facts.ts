/**
 * What a layer type is, beside how it computes: its declaration, from which the registry, the DSL, the documentation and the
 * lists of all other modules are derived. A layer class declares its facts as `static readonly facts`.
 */
import type { FillerParameter, LayerParameter, Phase } from '../generated/messages.js';

/** What a layer does, in broad terms: pictures give each family its own colour. */
export type LayerFamily = 'input' | 'weights' | 'scaling' | 'pooling' | 'joining' | 'activation' | 'other';

/** A fact that holds always, or that depends on the layer's settings, its numbers of bottoms and tops, and the phase. */
export type LayerRule = boolean | ((param: LayerParameter, phase: Phase) => boolean);

/** What a parameter blob is. `other`: it has no name of its own and is called by its index. */
export type BlobRole = 'weight' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance' | 'divisor' | 'other';

/** One parameter blob. */
export interface BlobFacts {
  readonly role: BlobRole;
  /** The filler of the blob. Default: none, which leaves zeros. */
  readonly filler?: (param: LayerParameter) => FillerParameter | undefined;
}

/** How blob 0 of a layer holds a matrix of weights, with or without a kernel for each entry. */
export interface WeightLayout {
  /** Axis of the top that holds the output channels; negative from the end. */
  readonly axis: number;
  /** Default 1. Output channel `o` reads the inputs of its own group only. */
  readonly groups: number;
  /** The blob is (inputs, outputs / groups, kernel…). Otherwise it is (outputs, inputs / groups, kernel…). */
  readonly inputsFirst: boolean;
  /** PyTorch's module of the same kind holds this matrix the other way round. */
  readonly transposed: boolean;
}

/** A layer that is y = (x − mean) / √(variance + eps) · scale + shift, with its blobs of these roles; absent ones do nothing. */
export interface AffineFacts {
  /** The axis of the bottom that the first axis of the blobs lies along; negative from the end. */
  readonly axis: number;
  /** 0 where there is no variance. */
  readonly eps: number;
}

/** How a layer says that it adds a bias. */
export interface BiasTerm {
  /** Field of LayerParameter with the field `bias_term`. */
  readonly param: 'convolution_param' | 'inner_product_param' | 'scale_param';
  /** The value of `bias_term` where it is not given. */
  readonly byDefault: boolean;
}

/** A layer that only training and measuring need: it compares what the net gives with labels. */
export interface TrainingFacts {
  /** Which bottoms are labels, by their index; the others are what the net gives. */
  readonly labels: readonly number[];
  /** The type that stands in its place in a net for deployment; nothing does where it is not given. */
  readonly becomes?: 'Softmax' | 'Sigmoid';
  /** It measures and trains nothing. */
  readonly measures?: boolean;
}

/** What may be known of a layer beside its prototxt. */
export interface LayerHints {
  /** Name of the schema that the net was read with: 'ssd', 'segnet' …. Undefined for BVLC's schema and for one without a name. */
  readonly schema?: string;
  /** Shapes of the layer's blobs in the weights. Undefined where no weights are known. */
  readonly blobs?: readonly (readonly number[])[];
}

/** What is known of a layer when its implementation is looked up. */
export interface LayerQuery extends LayerHints {
  readonly param: LayerParameter;
}

/** How one of several implementations of a type is told from the others. */
export interface VariantFacts {
  /** Distinguishes the implementation: `segnet` of `Upsample-segnet`. Left out in the one that is best known by the type. */
  readonly name?: string;
  /** Names of the schemas in which the type means this implementation. */
  readonly schemas: readonly string[];
  /** In words, for errors and documentation, which layers {@link claims} accepts. */
  readonly when: string;
  /**
   * Whether the layer is of this implementation, by its fields, bottoms and blobs. Left out in at most one, which takes the
   * layers that no other one claims.
   */
  readonly claims?: (query: LayerQuery) => boolean;
}

/** Why a type is not run here. Nets with such layers are parsed, printed, converted and drawn. */
export interface UnsupportedFacts {
  /** What the layers do, as the end of "… layers <this>". */
  readonly purpose: string;
  /** What to write instead. */
  readonly instead: (param: LayerParameter) => string;
  /** The shapes of the tops, where the settings and the bottoms' shapes tell them; for nets that are built for shapes only. */
  readonly shapes?: (
    param: LayerParameter,
    bottoms: readonly (readonly number[])[],
  ) => readonly (readonly number[])[] | undefined;
}

/** Everything that is known about a layer type. What is left out is "no" or "none". */
export interface LayerFacts {
  /** `layer { type: "…" }`. */
  readonly type: string;
  /** Whose layer it is: 'BVLC', or the fork that it is best known from: 'SSD', 'SegNet' …. */
  readonly origin: string;
  readonly family: LayerFamily;
  /** One line for editors. */
  readonly doc: string;
  /**
   * Bottoms by name, in order: `x`; an optional `x?` after the required ones; `...xs` for any number, which is at least one
   * where it comes first.
   */
  readonly bottoms: readonly string[];
  /** Tops by name, in the same notation. */
  readonly tops: readonly string[];
  /**
   * Fields of LayerParameter whose members are the layer's settings, the type's own first: `convolution_param`. The schema in
   * use says what each holds; it may lack one that belongs to a fork.
   */
  readonly params?: readonly string[];
  /** Parameter blobs, in order, as many as the layer can have. */
  readonly blobs?: readonly BlobFacts[] | ((param: LayerParameter) => readonly BlobFacts[]);
  /** The blobs are statistics: Caffe refuses to train them, and saves `param { lr_mult: 0 }` for each. */
  readonly frozenBlobs?: boolean;
  /** The result of each output channel is linear in the channel's weights (blob 0) and bias (blob 1). */
  readonly weights?: (param: LayerParameter) => WeightLayout;
  readonly biasTerm?: BiasTerm;
  /** Set where the layer is affine in its first bottom, whose blobs are then its only parameters. */
  readonly affine?: (param: LayerParameter, phase: Phase) => AffineFacts | undefined;

  /** Set where the layer belongs to training. */
  readonly training?: TrainingFacts;
  /** The caller writes the values of the tops before a forward pass. */
  readonly fed?: boolean;
  /** A forward pass computes nothing: the tops hold their values already, or those of the one bottom. */
  readonly idle?: LayerRule;
  /** The tops have no memory of their own: they share that of the one bottom. */
  readonly sharesValues?: LayerRule;
  /** Each element of the tops is an element of the bottoms: nothing is computed. */
  readonly movesValues?: LayerRule;
  /** It normalizes, and has no factors and offsets of its own: those of a model are a Scale behind it. */
  readonly normalizes?: boolean;
  /** Element i of the first top depends on element i of the first bottom; axes and their order may differ. */
  readonly keepsOrder?: boolean;
  /** The first top may be the first bottom. Otherwise no top may be a bottom: the layer is refused. */
  readonly inPlace?: LayerRule;
  /** In place the layer computes something else, as Caffe does. */
  readonly otherwiseInPlace?: LayerRule;
  /** The shapes of the tops depend on the bottoms' values, so that they are known after a forward pass only. */
  readonly shapesFromValues?: boolean;
  /** A forward pass changes the layer's own blobs. */
  readonly changesBlobs?: LayerRule;

  /** The settings that belong on a drawing, in few words: `3x3/2 pad 1`. */
  readonly drawn?: (param: LayerParameter) => string;
  /** Set where the type has several implementations. */
  readonly variant?: VariantFacts;
  /** Set where the type is not run. */
  readonly unsupported?: UnsupportedFacts;
  /** Why the tests have no case that the real Caffe, or the fork, computed. */
  readonly withoutCase?: string;
}

/** What an implementation is called where its type alone does not say: `Upsample-segnet`; elsewhere the type. */
export function implementationName({ type, variant }: LayerFacts): string {
  return variant?.name === undefined ? type : `${type}-${variant.name}`;
}

/** How many bottoms or tops a layer takes. */
export interface BlobCount {
  exact?: number;
  min?: number;
  max?: number;
}

/** How many blobs {@link LayerFacts.bottoms} or {@link LayerFacts.tops} allow. */
export function countOf(names: readonly string[]): BlobCount {
  const named = names.filter((name) => !name.startsWith('...'));
  const required = named.filter((name) => !name.endsWith('?')).length + (names[0]?.startsWith('...') ? 1 : 0);
  if (named.length < names.length) return { min: required };
  return required === named.length ? { exact: required } : { min: required, max: named.length };
}

/** Whether a rule holds for a layer. */
export function holds(rule: LayerRule | undefined, param: LayerParameter, phase: Phase): boolean {
  return typeof rule === 'function' ? rule(param, phase) : (rule ?? false);
}

/** What the blob at `index` of a layer is; undefined where the facts do not say. */
export function blobFactsOf(
  facts: LayerFacts | undefined,
  param: LayerParameter,
  index: number,
): BlobFacts | undefined {
  const { blobs } = facts ?? {};
  return (typeof blobs === 'function' ? blobs(param) : blobs)?.[index];
}
