/**
 * whole-pass: runs the net as it is, each layer reading what those before it gave, and holds each reference against its
 * places until it is found to belong to one.
 */
import { RecurrentLayer } from '../layers/shared/recurrent.js';
import type { Net } from '../runtime/net.js';
import type { NumericArray, TensorInfo, WeightSource } from '../weights/source.js';
import { ClaimState, type Seen } from './claim-state.js';
import type { Claim, Place } from './claims.js';
import { foldedReferences, nameChange } from './folded-references.js';
import type { Judge } from './limits/judge.js';
import type { SpentBlobs } from './spent-blobs.js';
import { SteppedOver } from './stepped-over.js';
import { topKey, type TopKey } from './wiring.js';

/** A claim that looks at a top, and which of its places that is. */
export interface Looking {
  state: ClaimState;
  place: number;
}

/** What both passes work on. */
export class Comparing {
  readonly states: readonly ClaimState[];
  /** References that no claim is for; a layer that others were folded into may have one of them. */
  readonly unused: Set<TensorInfo>;
  /** Layers that are not run, whose tops are fed. */
  readonly steppedOver: SteppedOver;
  readonly #byTop = new Map<TopKey, Looking[]>();
  readonly #callsAt = new Map<TopKey, { state: ClaimState; place: Place }[]>();

  constructor(
    readonly net: Net,
    claims: readonly Claim[],
    readonly references: WeightSource,
    readonly judge: Judge,
    /** Gives back what no later layer reads; undefined where blobs keep their values. */
    readonly spent?: SpentBlobs,
  ) {
    this.states = claims.map((claim) => new ClaimState(claim, references));
    this.steppedOver = new SteppedOver(net, claims, references);
    // By name: a source may make its list anew each time.
    const claimed = new Set(claims.flatMap(({ reference, others }) => [reference, ...others].map(({ name }) => name)));
    this.unused = new Set(references.list().filter(({ name }) => !claimed.has(name)));
    for (const state of this.states)
      state.claim.places.forEach(({ layer, top }, place) => {
        const key = topKey(layer, top);
        this.#byTop.set(key, [...(this.#byTop.get(key) ?? []), { state, place }]);
      });
    for (const state of this.states)
      for (const place of state.claim.calls) {
        const key = topKey(place.layer, place.top);
        this.#callsAt.set(key, [...(this.#callsAt.get(key) ?? []), { state, place }]);
      }
  }

  /**
   * The claim, found nowhere so far, whose reference a top gives as another call of its module; undefined where there is none.
   * To be asked once the top's layer has run.
   */
  async callAt(layer: number, top: number): Promise<{ state: ClaimState; place: Place; seen: Seen } | undefined> {
    for (const { state, place } of this.#callsAt.get(topKey(layer, top)) ?? []) {
      // A place behind this one may be right yet.
      if (state.found !== undefined || state.claim.places.some(({ layer: of }) => of > layer)) continue;
      const { shape, data } = this.net.blobs.get(this.net.topNamesOf(layer)[top]!)!;
      const comparison = await state.isOfCall(shape, data, this.judge.toleranceOf(layer));
      if (comparison) return { state, place, seen: { shape, comparison, agrees: true } };
    }
    return undefined;
  }

  /** The claims that look at a top, those for which it is the first place before those that come this far. */
  lookingAt(layer: number, top: number): readonly Looking[] {
    return this.#byTop.get(topKey(layer, top)) ?? [];
  }

  /**
   * Where some layers gave another module's output, which was folded into them, others that were found nowhere are taken to
   * do so too: each has the reference whose name differs from its own as theirs do.
   * @param isGuess whether a net without normalizations is taken to have them folded where none was seen to: the dump has them
   * @returns whether any was
   */
  assumeFolded(isGuess = false): boolean {
    const nameOf = ({ claim }: ClaimState) => this.net.layerNames[claim.places[0]!.layer]!;
    const folded = this.states.filter(
      (state) =>
        state.found === 0 && state.reference !== state.claim.reference && !state.claim.others.includes(state.reference),
    );
    const changes = new Set(folded.map((state) => nameChange(nameOf(state), state.reference.name)));
    const isWithout = this.net.layers.every(({ type }) => type !== 'BatchNorm' && type !== 'Scale');
    if (changes.size === 0 && !(isGuess && isWithout)) return false;
    // `conv>bn` and `>_bn`: what the normalizations are called.
    const words = new Set(changes.size === 0 ? NORMALIZATIONS : [...changes].map(wordOf).filter((word) => word !== ''));
    const isLike = (change: string): boolean => changes.has(change) || words.has(wordOf(change));
    let isAny = false;
    for (const state of this.states) {
      if (state.found !== undefined || state.at !== 0 || state.reference !== state.claim.reference) continue;
      const { shape } = this.blobAt({ state, place: 0 });
      const { param } = this.net.layers[state.place.layer]!;
      const other = foldedReferences(param, shape, this.unused).find(({ name }) =>
        isLike(nameChange(nameOf(state), name)),
      );
      if (!other) continue;
      state.reference = other;
      this.unused.delete(other);
      isAny = true;
    }
    return isAny;
  }

  /** Blob of a place. */
  blobAt({ state, place }: Looking) {
    const { layer, top } = state.claim.places[place]!;
    return this.net.blobs.get(this.net.topNamesOf(layer)[top]!)!;
  }

  /**
   * Holds a claim against a place, and there against other references that it may mean.
   * @returns whether it belongs there
   */
  async isAt(looking: Looking): Promise<boolean> {
    const { state, place } = looking;
    const blob = this.blobAt(looking);
    await state.compareAt(place, blob.shape, blob.data, this.judge);
    if (state.belongs(place)) state.found = place;
    else if (place === 0) await this.#lookForOther(looking, blob.shape, blob.data);
    return state.found === place;
  }

  async #lookForOther({ state }: Looking, shape: readonly number[], data: Float32Array): Promise<void> {
    const { claim } = state;
    const { param } = this.net.layers[claim.places[0]!.layer]!;
    const own = state.reference;
    const seen = state.seen.get(0)!;
    const first = own === claim.reference ? [] : [claim.reference];
    const candidates = [...first, ...claim.others, ...foldedReferences(param, shape, this.unused)];
    for (const other of candidates) {
      state.reference = other;
      await state.compareAt(0, shape, data, this.judge);
      if (!state.belongs(0)) continue;
      state.found = 0;
      this.unused.delete(other);
      return;
    }
    state.reference = own;
    state.seen.set(0, seen);
  }
}

/** What normalizations are called. */
const NORMALIZATIONS = ['bn', 'norm', 'batchnorm'] as const;

/** The letters of what a name changes to: `bn` of `conv>bn` and of `>_bn`. */
function wordOf(change: string): string {
  return (change.split('>')[1] ?? '').replace(/[^a-z]/gi, '').toLowerCase();
}

/** Layers that carry a state from one pass to the next begin anew. */
export function resetStates(net: Net): void {
  for (const layer of net.layers) if (layer instanceof RecurrentLayer) layer.reset();
}

export interface WholePassOptions {
  /** Called when a claim is settled: it was found, or its last place has run. */
  onSettled: (state: ClaimState) => void;
  /** Given both sides of each comparison; valid only during the call. */
  onCompared?: (looking: Looking, actual: Float32Array, reference: NumericArray) => void;
}

/** Runs the net, whose inputs are set. */
export async function wholePass(comparing: Comparing, { onSettled, onCompared }: WholePassOptions): Promise<void> {
  const { net } = comparing;
  const look = async (looking: Looking): Promise<void> => {
    const { state, place } = looking;
    if (state.found !== undefined) return;
    const isFound = await comparing.isAt(looking);
    if (state.seen.get(place)!.comparison) onCompared?.(looking, comparing.blobAt(looking).data, await state.values());
    if (!isFound && place < state.claim.places.length - 1) return;
    state.forget();
    onSettled(state);
  };
  await net.forward({
    onLayer: async (index) => {
      await comparing.steppedOver.feed(index);
      for (let top = 0; top < net.topNamesOf(index).length; top++) {
        for (const looking of comparing.lookingAt(index, top)) await look(looking);
        const call = await comparing.callAt(index, top);
        if (call) call.state.moveTo(call.place, call.seen);
      }
      comparing.spent?.after(index);
    },
  });
}
