/**
 * isolated-pass: runs each layer on the references of what it reads, so that an error does not spread. What still diverges
 * is wrong by itself. A reference that the pass before did not find a place for is looked for again, on right inputs.
 */
import { NetspecError } from '../errors.js';
import type { Blob } from '../engine/blob.js';
import type { Net } from '../runtime/net.js';
import type { ClaimState } from './claim-state.js';
import type { Place } from './claims.js';
import { fedShape, type FloatTensor } from './tensors.js';
import { resetStates, type Comparing, type Looking } from './whole-pass.js';
import { topKey, wiringOf, type TopKey, type Wiring } from './wiring.js';

/** Why a layer could not be run on references. */
export interface NotFed {
  /** In a few words. */
  reason: string;
}

export interface IsolatedPassOptions {
  /** Called when a claim is settled, with what the layer of its place gave; without it when that could not be run. */
  onSettled: (state: ClaimState, given: FloatTensor | undefined, notFed?: NotFed) => void;
  /** Called when a reference that no place of its claim gives is what another call of the module gives. */
  onCall: (state: ClaimState, place: Place) => void;
}

/** Runs the net, whose inputs are set, layer by layer. The blobs hold references afterwards. */
export async function isolatedPass(comparing: Comparing, options: IsolatedPassOptions): Promise<void> {
  resetStates(comparing.net);
  for (const state of comparing.states) state.seen.clear();
  await new IsolatedPass(comparing, options).run();
}

/** A claim whose first place disagreed: what is needed to go back to the place where it is likely to belong. */
interface Pending {
  state: ClaimState;
  /** What the likely place gave, once it ran. */
  given?: FloatTensor;
  /** What the layers on the way read besides each other, by layer, before they ran. */
  read: Map<number, readonly Float32Array[]>;
}

class IsolatedPass {
  readonly #net: Net;
  readonly #wiring: Wiring;
  readonly #pending = new Map<ClaimState, Pending>();
  readonly #settled = new Set<ClaimState>();
  /** Tops whose values could not be computed and have no reference either. */
  readonly #unknown = new Set<TopKey>();

  constructor(
    readonly comparing: Comparing,
    readonly options: IsolatedPassOptions,
  ) {
    this.#net = comparing.net;
    this.#wiring = wiringOf(comparing.net);
  }

  async run(): Promise<void> {
    const { steppedOver } = this.comparing;
    for (let index = 0; index < this.#net.layers.length; index++) {
      const notFed = await this.#runLayer(index);
      if (steppedOver.layers.has(index)) await steppedOver.feed(index);
      for (let top = 0; top < this.#net.topNamesOf(index).length; top++) {
        if (notFed || steppedOver.unknown.has(topKey(index, top))) this.#unknown.add(topKey(index, top));
        for (const looking of this.comparing.lookingAt(index, top))
          if (notFed) await this.#leaveOut(looking, notFed);
          else await this.#look(looking);
        const call = notFed ? undefined : await this.comparing.callAt(index, top);
        if (call) this.options.onCall(call.state, call.place);
      }
      this.comparing.spent?.after(index);
    }
  }

  async #runLayer(index: number): Promise<NotFed | undefined> {
    const layer = this.#net.layers[index]!;
    const missing = this.#wiring.reads[index]!.find(({ layer, top }) => this.#unknown.has(topKey(layer, top)));
    if (missing && !this.comparing.steppedOver.layers.has(index))
      return { reason: `'${this.#net.layerNames[missing.layer]!}', which it reads, could not be run` };
    for (const { state, read } of this.#pending.values())
      if (state.claim.places.slice(0, state.claim.chain).some(({ layer: of }) => of === index))
        read.set(index, this.#read(index));
    try {
      await this.#net.forward({ start: index, end: index });
      return undefined;
    } catch (error) {
      // References of other shapes than the net's can make a layer refuse what it reads.
      if (!(error instanceof NetspecError) || layer.type === 'Input') throw error;
      return { reason: error.reason };
    }
  }

  async #look(looking: Looking): Promise<void> {
    const { state, place } = looking;
    const { places, chain, likely } = state.claim;
    // Where the pass before found it, it is looked at there only.
    if (this.#settled.has(state) || (state.found !== undefined && place !== state.found)) return;
    const blob = this.comparing.blobAt(looking);
    const { shape } = blob;
    if (state.found === undefined ? await this.comparing.isAt(looking) : true) {
      if (!state.seen.has(place)) await state.compareAt(place, shape, blob.data, this.comparing.judge);
      await this.#settle(state, { shape, data: blob.data });
      return;
    }
    const pending: Pending = this.#pending.get(state) ?? { state, read: new Map() };
    this.#pending.set(state, pending);
    if (place === likely) pending.given = { shape, data: blob.data.slice() };
    const isLast = place === places.length - 1;
    if (place === chain - 1 && isLast) await this.#goBack(pending);
    else if (isLast) await this.#settle(state, pending.given);
  }

  /** What comes after the claim's place reads the reference. */
  async #settle(state: ClaimState, given: FloatTensor | undefined, notFed?: NotFed): Promise<void> {
    this.#pending.delete(state);
    this.#settled.add(state);
    this.options.onSettled(state, given, notFed);
    const isOfCalls = state.claim.chain < state.claim.places.length;
    if (state.counts && (state.found !== undefined || !isOfCalls)) await this.#feed(state);
    state.forget();
  }

  /** No place agreed: the layers behind the likely one are run again, on the reference. */
  async #goBack({ state, given, read }: Pending): Promise<void> {
    const { places, chain, likely } = state.claim;
    const behind = places.slice(likely + 1, chain).map(({ layer }) => layer);
    for (const layer of [...behind].reverse()) this.#restore(layer, read.get(layer));
    await this.#settle(state, given);
    for (const layer of behind) {
      const notFed = await this.#runLayer(layer);
      if (notFed) this.#net.topNamesOf(layer).forEach((_, top) => this.#unknown.add(topKey(layer, top)));
    }
  }

  #restore(layer: number, saved: readonly Float32Array[] | undefined): void {
    this.#bottoms(layer).forEach((blob, i) => {
      const values = saved?.[i];
      if (values?.length === blob.count) blob.data.set(values);
    });
  }

  #bottoms(index: number): Blob[] {
    return this.#net.bottomNamesOf(index).map((name) => this.#net.blobs.get(name)!);
  }

  #read(index: number): Float32Array[] {
    return this.#bottoms(index).map(({ data }) => data.slice());
  }

  async #leaveOut({ state, place }: Looking, notFed: NotFed): Promise<void> {
    const isLast = place === state.claim.places.length - 1;
    if (this.#settled.has(state) || (state.found === undefined ? !isLast : place !== state.found)) return;
    // What was refused is a layer behind its place.
    const pending = this.#pending.get(state);
    if (pending?.given) await this.#goBack(pending);
    else await this.#settle(state, undefined, notFed);
  }

  /** Makes the reference what the layers after a place read. */
  async #feed(state: ClaimState): Promise<void> {
    const { layer, top } = state.place;
    const blob = this.#net.blobs.get(this.#net.topNamesOf(layer)[top]!)!;
    const values = await state.values();
    if (!state.fits(blob.shape)) blob.reshape(fedShape(state.reference.shape, blob.shape));
    blob.data.set(values);
    this.#unknown.delete(topKey(layer, top));
  }
}
