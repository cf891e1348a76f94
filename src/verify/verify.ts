/**
 * verify: runs a net and compares what every layer gives, as it is right after that layer ran, with reference outputs
 * of the model it was ported from; names the first layer that diverges and looks for the cause.
 */
import { NET, OBJECT, checkArguments, fields } from '../arguments.js';
import type { Net } from '../runtime/net.js';
import { sameShape } from '../shapes.js';
import type { ClaimState } from './claim-state.js';
import { channelsLastMend, turnedReferences, type TurnedReferences } from './channels-last.js';
import { claimsOf, movedTo, type Place } from './claims.js';
import { findCauses, netTextOf } from './find-causes.js';
import { isolatedPass } from './isolated-pass.js';
import { Judge } from './limits/judge.js';
import { noneMatches } from './match-references.js';
import { firstNonFinite, nonFiniteReference } from './non-finite.js';
import type { IsolatedResult, LayerResult, VerifyOptions, VerifyReport } from './result.js';
import { allRows, isFailing, isPassive, rowOf, type Saw } from './rows.js';
import { SpentBlobs } from './spent-blobs.js';
import type { FloatTensor } from './tensors.js';
import { uncheckedBefore, type TracedLayer } from './trace.js';
import { Comparing, resetStates, wholePass } from './whole-pass.js';

/**
 * Runs a forward pass of `net`, whose inputs are set, and compares each layer's tops with the references that the map
 * gives them. A reference with the same dimensions but for ones (a batch axis left out) counts as the same shape.
 *
 * Where a module of the model is several layers (BatchNorm and Scale), its reference is that of the last of them: when the
 * layer that bears the name disagrees and a layer behind it agrees, which alone reads what it gives and has no reference of
 * its own, that is the match.
 *
 * When a layer is outside the tolerance, a second pass feeds each layer the references of what it reads, so that an
 * error does not spread, and hypotheses are tried at the layers that are still outside. The net's blobs then hold
 * what the last pass left; with `freeBlobs` only inputs and outputs do.
 * @throws NetspecError when no reference at all belongs to a layer of the net, or one cannot be read.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const report = await verify(net, { references: await openWeights('references.npz'), map: blobMap(net) });
 * report.ok; // → true
 * report.matched; // → 4
 */
export async function verify(net: Net, options: VerifyOptions): Promise<VerifyReport> {
  checkArguments('verify()', {
    net: [net, NET],
    options: [options, fields('options { references, map }', { references: OBJECT, map: OBJECT })],
  });
  const judge = new Judge(net, options);
  const claims = claimsOf(net, options.map, options.references.list());
  if (claims.every(({ tentative }) => tentative)) {
    const computing = net.layers.filter((layer) => !isPassive(layer)).map(({ name }) => name);
    throw noneMatches(computing.find((name) => options.map.referenceNames(name).length > 0) ?? '', options);
  }
  const spent = options.freeBlobs === true ? new SpentBlobs(net) : undefined;
  const comparing = new Comparing(net, claims, options.references, judge, spent);
  return new Verifying(comparing, options).run();
}

class Verifying {
  readonly #net: Net;
  readonly #inputs: ReadonlyMap<string, FloatTensor>;
  /** What the net as it is gave, for each claim. */
  readonly #saw = new Map<ClaimState, Saw>();
  readonly #isolated = new Map<ClaimState, IsolatedResult>();
  /** What the first layer that diverges gave in the isolated pass. */
  #givenAlone: { state: ClaimState; given: FloatTensor } | undefined;

  constructor(
    readonly comparing: Comparing,
    readonly options: VerifyOptions,
    /** Names of references that had their channels last, and were turned. */
    readonly turned: ReadonlySet<string> = new Set(),
  ) {
    this.#net = comparing.net;
    this.#inputs = saveInputs(comparing.net);
  }

  async run(): Promise<VerifyReport> {
    const { onCompared, diagnose = true } = this.options;
    await wholePass(this.comparing, {
      onSettled: this.#counted(),
      onCompared:
        onCompared &&
        (({ state, place }, actual, reference) => {
          const saw = { place, reference: state.reference, seen: state.seen.get(place) };
          onCompared(rowOf(this.#net, state, saw), actual, reference);
        }),
    });
    for (const state of this.comparing.states) this.#saw.set(state, sawOf(state));
    const first = this.#firstFailing();
    if (!first) return this.turned.size > 0 ? this.#withTurned(this.#report()) : this.#report();
    const turned = this.turned.size === 0 ? this.#turnedReferences() : undefined;
    if (turned) return this.#again(turned);
    this.comparing.assumeFolded();
    if (diagnose) {
      let calls = await this.#isolate(first);
      // On right inputs more layers are seen to be folded than behind a wrong one.
      if (calls.size === 0 && this.comparing.assumeFolded(true)) calls = await this.#isolate(first);
      if (calls.size > 0) return this.#withCalls(calls);
    }
    await this.#lookAgain();
    const report = this.#report();
    await this.#addNonFinite(report);
    await this.#addEvidence(report);
    if (diagnose) await findCauses(this.#net, report, this.#inputs, this.options, this.#otherPlaces(report));
    return this.#withTurned(report);
  }

  #turnedReferences(): TurnedReferences | undefined {
    const { states, references } = this.comparing;
    return turnedReferences(states, references, (state, place) => this.comparing.blobAt({ state, place }).shape);
  }

  /** Verifies anew, against references that were turned. */
  #again({ source, names }: TurnedReferences): Promise<VerifyReport> {
    resetStates(this.#net);
    this.#restoreInputs();
    const claims = claimsOf(this.#net, this.options.map, source.list());
    const { judge, spent } = this.comparing;
    const comparing = new Comparing(this.#net, claims, source, judge, spent);
    return new Verifying(comparing, { ...this.options, references: source }, names).run();
  }

  /** Says first, and once, that references were turned. */
  #withTurned(report: VerifyReport): VerifyReport {
    const rows = report.layers.filter(
      ({ reference, comparison }) => comparison && reference !== undefined && this.turned.has(reference),
    );
    const [first] = rows;
    if (!first) return report;
    for (const row of rows) row.channelsLast = true;
    const mend = channelsLastMend(first, rows.length, this.turned);
    return {
      ...report,
      ok: false,
      firstDivergence: first.index <= (report.firstDivergence?.index ?? Infinity) ? first : report.firstDivergence,
      diagnosed: first,
      ...(this.options.diagnose !== false && {
        points: [{ result: first, tried: [], causes: [mend.cause] }, ...report.points],
        causes: [mend.cause, ...report.causes],
        mends: [mend, ...(report.mends ?? [])],
        mendedText: report.mendedText ?? netTextOf(this.#net, this.options).text,
      }),
    };
  }

  /** Tells the progress, claim by claim. */
  #counted(): (state: ClaimState) => void {
    const { length } = this.comparing.states;
    let done = 0;
    return (state) => this.options.onProgress?.(++done, length, rowOf(this.#net, state, sawOf(state)).label);
  }

  #firstFailing(): ClaimState | undefined {
    const failing = this.comparing.states.filter((state) => state.counts && state.found === undefined);
    return failing.reduce<ClaimState | undefined>(
      (first, each) => (!first || each.place.layer < first.place.layer ? each : first),
      undefined,
    );
  }

  /** @returns references that were found to be those of other calls of their modules */
  async #isolate(first: ClaimState): Promise<Map<ClaimState, Place>> {
    const counted = this.#counted();
    const calls = new Map<ClaimState, Place>();
    this.#restoreInputs();
    await isolatedPass(this.comparing, {
      onSettled: (state, given, notFed) => {
        const { comparison, agrees = false } = state.seen.get(state.at) ?? {};
        const isolated: IsolatedResult = notFed
          ? { status: 'not fed', reason: notFed.reason }
          : {
              status: agrees ? 'agrees' : comparison ? 'diverges' : 'shape differs',
              ...(comparison && { comparison }),
            };
        this.#isolated.set(state, isolated);
        if (state === first && given) this.#givenAlone = { state, given: { ...given, data: given.data.slice() } };
        counted(state);
      },
      onCall: (state, place) => calls.set(state, place),
    });
    this.#restoreInputs();
    return calls;
  }

  /** Verifies anew, each of these references held against another call of its module. */
  #withCalls(calls: ReadonlyMap<ClaimState, Place>): Promise<VerifyReport> {
    resetStates(this.#net);
    this.#restoreInputs();
    const { states, references, judge, spent } = this.comparing;
    const claims = states.map((state) => {
      const place = calls.get(state);
      return place ? movedTo(state.claim, place) : state.claim;
    });
    const comparing = new Comparing(this.#net, claims, references, judge, spent);
    return new Verifying(comparing, this.options, this.turned).run();
  }

  /** The isolated pass may have found where a reference belongs: there it is held against the net as it is. */
  async #lookAgain(): Promise<void> {
    const moved = this.comparing.states.filter((state) => {
      const { place, reference } = this.#saw.get(state)!;
      return state.at !== place || state.reference !== reference;
    });
    if (moved.length === 0) return;
    await this.#forwardTo(Math.max(...moved.map(({ place }) => place.layer)), async (index) => {
      for (const state of moved) {
        if (state.place.layer !== index) continue;
        const looking = { state, place: state.at };
        const blob = this.comparing.blobAt(looking);
        const seen = await state.compareAt(state.at, blob.shape, blob.data, this.comparing.judge);
        const saw = { place: state.at, reference: state.reference, seen };
        this.#saw.set(state, saw);
        if (seen.comparison) this.options.onCompared?.(rowOf(this.#net, state, saw), blob.data, await state.values());
        state.forget();
      }
    });
  }

  /** Runs the net as it is once more, up to a layer. */
  async #forwardTo(end: number, onLayer: (index: number) => Promise<void> | void): Promise<void> {
    resetStates(this.#net);
    this.#restoreInputs();
    await this.#net.forward({
      end,
      onLayer: async (index) => {
        await this.comparing.steppedOver.feed(index);
        await onLayer(index);
        this.comparing.spent?.after(index);
      },
    });
    this.#restoreInputs();
  }

  /** Where NaN or infinity first appears, when a comparison met one: in the net, else in a reference. */
  async #addNonFinite(report: VerifyReport): Promise<void> {
    const rows = report.layers.filter(({ comparison }) => comparison && !Number.isFinite(comparison.maxAbs));
    const [first] = rows;
    if (!first) return;
    const last = Math.max(...rows.map(({ index }) => index));
    const restart = () => {
      resetStates(this.#net);
      this.#restoreInputs();
    };
    const { steppedOver, spent } = this.comparing;
    report.nonFinite = await firstNonFinite(this.#net, last, restart, {
      onLayer: (index) => steppedOver.feed(index),
      onChecked: (index) => spent?.after(index),
    });
    this.#restoreInputs();
    if (report.nonFinite) return;
    for (const { reference } of rows) {
      const { shape, data } = await this.options.references.read(reference!);
      report.nonFinite = nonFiniteReference(reference!, shape, data);
      if (report.nonFinite) return;
    }
  }

  async #addEvidence(report: VerifyReport): Promise<void> {
    const { firstDivergence: first } = report;
    if (!first) return;
    await this.#forwardTo(first.index, async (index) => {
      if (index !== first.index) return;
      const { shape, data } = await this.options.references.read(first.reference!);
      const blob = this.#net.blobs.get(first.top)!;
      report.evidence = {
        ...{ layer: first.name, top: first.top, index },
        reference: { shape: [...shape], data: data.slice() },
        actual: { shape: blob.shape, data: blob.data.slice() },
      };
    });
    const { state, given } = this.#givenAlone ?? {};
    const isOfFirst = state?.place.layer === first.index && state.place.top === first.topIndex;
    if (report.evidence && given && isOfFirst) report.evidence.isolated = given;
  }

  #report(): VerifyReport {
    const { states, references, judge } = this.comparing;
    const counting = states.filter(({ counts }) => counts);
    const rows = counting.map((state): LayerResult => {
      const isolated = this.#isolated.get(state);
      return { ...rowOf(this.#net, state, this.#saw.get(state)!), ...(isolated && { isolated }) };
    });
    const layers = allRows(this.#net, rows);
    this.#markSteppedOver(layers);
    const firstDivergence = layers.find(({ status }) => status === 'diverges' || status === 'shape differs');
    const used = new Set(counting.flatMap(({ reference, claim }) => [reference.name, claim.reference.name]));
    const available = references.list();
    return {
      tolerance: judge.tolerance,
      map: this.options.map.name,
      algorithm: this.#net.algorithm,
      layers,
      matched: counting.length,
      references: available.length,
      unusedReferences: available.map(({ name }) => name).filter((name) => !used.has(name)),
      firstDivergence,
      uncheckedBefore: firstDivergence ? this.#uncheckedBefore(firstDivergence, layers) : [],
      firstIsolated: layers.find(({ isolated }) => isolated && isFailing(isolated)),
      points: [],
      causes: [],
      tried: [],
      ok: firstDivergence === undefined,
    };
  }

  #markSteppedOver(rows: readonly LayerResult[]): void {
    const { layers } = this.comparing.steppedOver;
    if (layers.size === 0) return;
    const { steppedOver, unshaped } = this.#net;
    for (const row of rows) {
      if (unshaped.has(row.top)) row.shape = [];
      const isNotRun = steppedOver.includes(this.#net.layers[row.index]!);
      if (isNotRun || (layers.has(row.index) && row.reference !== undefined)) row.status = 'stepped over';
    }
  }

  #uncheckedBefore({ index }: LayerResult, layers: readonly LayerResult[]): LayerResult[] {
    const net = this.#net;
    const traced: TracedLayer[] = net.layerNames.map((name, i) => ({
      name,
      bottoms: net.bottomNamesOf(i),
      tops: net.topNamesOf(i),
    }));
    const find = (layer: number, blob: string) => layers.find((row) => row.index === layer && row.top === blob);
    return uncheckedBefore(traced, index, (layer, blob) => find(layer, blob)?.reference !== undefined).flatMap(
      ({ layer, blob }) => find(layer, blob) ?? [],
    );
  }

  /** Where else the reference of a layer may belong, of those that were found nowhere: its first place, above all. */
  #otherPlaces(report: VerifyReport): Map<LayerResult, LayerResult[]> {
    const others = new Map<LayerResult, LayerResult[]>();
    for (const state of this.comparing.states) {
      if (state.found !== undefined || state.at === 0) continue;
      const { layer, top } = state.place;
      const row = report.layers.find(({ index, topIndex }) => index === layer && topIndex === top);
      const seen = state.seen.get(0);
      if (row?.isolated && seen) others.set(row, [rowOf(this.#net, state, { ...sawOf(state), place: 0, seen })]);
    }
    return others;
  }

  #restoreInputs(): void {
    let isReshaped = false;
    for (const [name, { shape, data }] of this.#inputs) {
      const blob = this.#net.blobs.get(name)!;
      isReshaped ||= !sameShape(blob.shape, shape);
      blob.reshape(shape);
      blob.data.set(data);
    }
    if (isReshaped || this.#isolated.size > 0) this.#net.reshape();
  }
}

function sawOf(state: ClaimState): Saw {
  return { place: state.at, reference: state.reference, seen: state.seen.get(state.at) };
}

/** Copies of what the net was fed, which in-place layers may overwrite, by blob. */
function saveInputs(net: Net): Map<string, FloatTensor> {
  const names = net.layers.flatMap((_, index) => (net.bottomNamesOf(index).length === 0 ? net.topNamesOf(index) : []));
  return new Map(
    names.map((name) => {
      const { shape, data } = net.blobs.get(name)!;
      return [name, { shape, data: data.slice() }];
    }),
  );
}
