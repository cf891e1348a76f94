/** retargetNet: rewrites a net for a toolchain: what the lint marks for it and has an exact form, until nothing more is marked. */
import { MESSAGE, OBJECT, TEXT, checkArguments } from '../arguments.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import type { Problem } from '../lint/finding.js';
import { lint } from '../lint/lint.js';
import { LintNet } from '../lint/lint-net.js';
import { targetLayers } from '../lint/rules/target-layers.js';
import { targetLimits } from '../lint/rules/target-limits.js';
import { targetNamed } from '../lint/targets/index.js';
import type { Target } from '../lint/targets/target.js';
import { openReader, prepare, withoutBlobs, type PrepareOptions } from '../optimize/prepare.js';
import { mergedReferences } from '../optimize/reference-map.js';
import { toNet, type Step } from '../optimize/work.js';
import { writeChanged, writtenBlobs } from '../optimize/written-blobs.js';
import type { CaffemodelReader } from '../proto/caffemodel-reader.js';
import { schemaOf } from '../proto/message.js';
import { toBytes, type ByteSink } from '../proto/random-access.js';
import { parsePrototxt } from '../proto/text/parser.js';
import { needsUpgrade, upgradeNet } from '../proto/upgrade.js';
import { Net } from '../runtime/net.js';
import { randomizeParams } from '../runtime/random-params.js';
import { escapedPattern, escapedTemplate } from '../weights/maps/escape.js';
import type { RuleFile } from '../weights/maps/index.js';
import type { RetargetChange, RetargetReport } from './report.js';
import { REWRITES } from './rewrites/index.js';
import { Workspace } from './workspace.js';

/** How {@link retargetNet} rewrites. */
export interface RetargetOptions extends PrepareOptions {
  /** Name of a target that netspec knows, or one of your own. */
  target: string | Target;
}

/** A net for a target. Its weights are read from the source as they are written, which must stay open until then. */
export interface RetargetedNet {
  /** The net without weights. It holds the layers of the given phase, level and stages only, in today's format. */
  readonly net: NetParameter;
  /** The net as it is run here: where the target gives fields another meaning, with what they mean in netspec. */
  readonly runnable: NetParameter;
  /** Names of what it computes. */
  readonly outputs: readonly string[];
  readonly report: RetargetReport;
  /** The weights that the rewriting took; random ones where none were given. For running the net as it was. */
  readonly source: CaffemodelReader;
  /** The map that `verify` takes to hold the net against a dump of the net as it was; undefined where names are enough. */
  readonly references: RuleFile | undefined;
  /** Writes the caffemodel, with the memory of a few blobs. @returns the number of bytes written */
  writeWeights(sink: ByteSink): Promise<number>;
}

/** Each round rewrites what the one before left or made; a net that needs more has rewrites that undo each other. */
const MOST_ROUNDS = 12;

/**
 * Rewrites a net for a toolchain. Only rewrites that compute the same are made; docs/retarget.md lists them. Run both nets
 * before you use the result, as `netspec convert --target` does.
 * @param source text of a prototxt, or a message; nets of old formats are brought up to date
 * @param weights an open caffemodel, its bytes, or a message with blobs; without them random ones stand in, for comparing alone
 * @throws NetspecError for a net or weights that Net.load refuses, and for a target that does not exist
 * @example
 * const { net, report } = await retargetNet(`
 *   layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
 *   layer { name: "clip" type: "Clip" bottom: "data" top: "clip" clip_param { min: 0 max: 6 } }`, undefined, { target: 'caffe-1.0' });
 * report.changes[0]!.rewrite; // → 'clip'
 * net.layer!.length; // → 5
 */
export async function retargetNet(
  source: string | NetParameter,
  weights: CaffemodelReader | Uint8Array | NetParameter | undefined,
  options: RetargetOptions,
): Promise<RetargetedNet> {
  checkArguments('retargetNet()', {
    source: [source, typeof source === 'string' ? TEXT : MESSAGE],
    options: [options, OBJECT],
  });
  const { schema, file } = options;
  const target = typeof options.target === 'string' ? targetNamed(options.target) : options.target;
  const written = typeof source === 'string' ? parsePrototxt(source, { file, upgrade: false, schema }) : source;
  const known = schema ?? schemaOf(written);
  const isOld = needsUpgrade(written, { schema: known });
  const given = withoutBlobs(isOld ? upgradeNet(written, { schema: known }) : written);
  // With a schema: nobody gave these weights, and so there is nothing to remark on how they are written and read.
  const reader = weights
    ? await openReader(weights, schema)
    : await openReader(await randomWeights(given, { ...options, schema: known }), known);
  const { working, parameters, ignored } = await prepare(given, reader, options);
  const layersBefore = working.steps.length;
  const places = new Map(working.steps.map((step, i) => [step, parameters[i]!]));
  const changes: RetargetChange[] = isOld ? [{ rewrite: 'todays-format' }] : [];
  if (given.layer?.some(({ include, exclude }) => include?.length || exclude?.length))
    changes.push({ rewrite: 'state-rules' });

  const work = new Workspace(working, target);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const done = await rewriteOnce(given, work, options);
    changes.push(...done);
    if (done.length === 0) break;
  }

  const net = netOf(given, work, (step) => step.layer);
  const { steps } = working;
  const blobs = writtenBlobs(steps, places, reader, false);
  const findings = await lint(net, {
    ...stateOf(options),
    targets: [target],
    rules: [targetLayers.name, targetLimits.name],
  });
  return {
    net,
    runnable: netOf(given, work, (step) => work.runAs.get(step) ?? step.layer),
    outputs: working.outputs.map(({ name }) => name),
    source: reader,
    references: referencesOf(work),
    report: {
      target: target.name,
      changes,
      remaining: findings.map(({ edit: _, ...finding }) => finding),
      layers: { before: layersBefore, after: steps.length },
      hasNewBlobs: steps.some(({ params }) =>
        params.some(({ origin, read }) => origin === undefined && read !== undefined),
      ),
      ignoredSources: ignored,
      unfilledLayers: steps
        .filter(({ params }) => params.some(({ read }) => !read))
        .map(({ layer }) => layer.name ?? ''),
    },
    writeWeights: (sink) => writeChanged(sink, net, steps, places, { reader, blobs, schema }),
  };
}

/** The net with each layer as it is given; a copy, which any fork may have, where fields were written that the net's own may lack. */
function netOf(given: NetParameter, { net, runAs, hasForkLayers }: Workspace, layerIn: (step: Step) => LayerParameter) {
  const made = toNet(given, { ...net, steps: net.steps.map((step) => ({ ...step, layer: layerIn(step) })) });
  return runAs.size > 0 || hasForkLayers ? { ...made } : made;
}

const stateOf = ({ phase, level, stages, schema }: RetargetOptions) => ({ phase, level, stages, schema });

/** One go through what the lint marks. */
async function rewriteOnce(given: NetParameter, work: Workspace, options: RetargetOptions): Promise<RetargetChange[]> {
  const { net } = work;
  const steps = [...net.steps];
  const current = toNet(given, net);
  const stepOf = new Map<LayerParameter, Step>(current.layer?.map((layer, i) => [layer, steps[i]!]));
  const subject = new LintNet(current, { ...stateOf(options), targets: [work.target] });
  const problems = [...(await targetLayers.check(subject)), ...(await targetLimits.check(subject))];
  const changes: RetargetChange[] = [];
  for (const problem of problems) {
    const step = problem.layer && stepOf.get(problem.layer);
    // Another rewrite may have taken it out, or made something else of it.
    if (!step || !net.steps.includes(step) || step.layer.type !== problem.layer.type) continue;
    const change = await rewrite(step, problem, work);
    if (change) changes.push(change);
  }
  return changes;
}

async function rewrite(step: Step, problem: Problem, work: Workspace): Promise<RetargetChange | undefined> {
  const before = new Set(work.net.steps);
  const { name = '', type = '' } = step.layer;
  for (const each of REWRITES) {
    if (!(await each.apply({ step, problem }, work))) continue;
    const made = work.net.steps.filter((other) => other === step || !before.has(other));
    return { rewrite: each.name, layer: name, type, becomes: made.map(({ layer }) => layer.type ?? '') };
  }
  return undefined;
}

/** Weights for a net that has none, so that both nets can be run on the same. */
async function randomWeights(net: NetParameter, options: RetargetOptions): Promise<Uint8Array> {
  const { phase, level, stages, file, schema, stepOver, blobShapes } = options;
  const built = await Net.load(net, { phase, level, stages, file, schema, stepOver, blobShapes });
  try {
    randomizeParams(built);
    const sink = toBytes();
    await built.save(sink);
    return sink.bytes();
  } finally {
    built.dispose();
  }
}

function referencesOf({ renamed, mergedLayers }: Workspace): RuleFile | undefined {
  const changes = mergedLayers.map(({ layer, into }) => ({ layer, type: '', into }));
  const merged = mergedReferences({ passes: [{ pass: 'merge', changes }] });
  const own = [...renamed].map(([layer, blob]) => ({
    layer: escapedPattern(layer),
    from: escapedTemplate(blob),
    only: true,
  }));
  const references = [...(merged?.references ?? []), ...own];
  return references.length === 0 ? undefined : { extends: 'identity', references };
}
