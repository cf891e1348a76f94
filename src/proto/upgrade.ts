/**
 * Nets in old formats → today's, as Caffe does on loading: V0, data transformations, V1, inputs, BatchNorm, in that order.
 * One file per step.
 */
import { MESSAGE, OPTIONS, checkArguments } from '../arguments.js';
import type { NetParameter } from '../generated/messages.js';
import { hasInputLayers, type Schema } from './schema.js';
import { needsBatchNormUpgrade, upgradeBatchNorm } from './upgrade/batch-norm.js';
import { needsDataUpgrade, upgradeDataTransform } from './upgrade/data-transform.js';
import { needsInputUpgrade, upgradeInputs } from './upgrade/inputs.js';
import { needsV0Upgrade, upgradeV0 } from './upgrade/v0.js';
import { needsV1Upgrade, refuseMixedLayers, upgradeV1 } from './upgrade/v1.js';
import type { Warn } from './upgrade/warn.js';

export { upgradeSolver } from './upgrade/solver.js';

/** How {@link upgradeNet} upgrades. */
export interface UpgradeOptions {
  /** Called for each setting that could not be carried over, where Caffe warns and goes on. Default: nobody is told. */
  onWarning?: Warn;
  /**
   * What the net is to be written with: what it has no place for stays in the old format. An old Caffe has no Input layers, and
   * before that only `layers`. Default: everything is brought up to date.
   */
  schema?: Schema;
}

/** Whether {@link upgradeNet} would change anything. */
export function needsUpgrade(net: NetParameter, { schema }: Pick<UpgradeOptions, 'schema'> = {}): boolean {
  return stepsFor(schema).some(({ isNeeded }) => isNeeded(net));
}

/** The steps whose results a schema has a place for. */
function stepsFor(schema: Schema | undefined): typeof steps {
  if (!schema) return steps;
  const hasLayer = schema.message('NetParameter').byName.has('layer');
  return steps.filter(
    ({ upgrade }) => !(upgrade === upgradeV1 && !hasLayer) && !(upgrade === upgradeInputs && !hasInputLayers(schema)),
  );
}

const steps: readonly {
  isNeeded: (net: NetParameter) => boolean;
  upgrade: (net: NetParameter, warn: Warn) => NetParameter;
}[] = [
  { isNeeded: needsV0Upgrade, upgrade: upgradeV0 },
  { isNeeded: needsDataUpgrade, upgrade: upgradeDataTransform },
  { isNeeded: needsV1Upgrade, upgrade: upgradeV1 },
  { isNeeded: needsInputUpgrade, upgrade: upgradeInputs },
  { isNeeded: needsBatchNormUpgrade, upgrade: upgradeBatchNorm },
];

/**
 * The net in today's format; the net itself when it is. Follows Caffe's UpgradeNetAsNeeded to the last field, for nets
 * from text and for caffemodels with their blobs. Nothing is mutated; what did not change is shared with `net`. Upgraded
 * layers keep their addresses in the prototxt.
 * @throws NetspecError where Caffe refuses: both `layer` and `layers`, an unknown V0 type, padding before a layer that
 * cannot pad, inputs without shapes.
 * @example
 * const text = 'layers { name: "relu1" type: RELU bottom: "x" top: "y" }';
 * const old = parsePrototxt(text, { upgrade: false });
 * formatPrototxt(upgradeNet(old)).split('\n')[2]; // → '  type: "ReLU"'
 */
export function upgradeNet(net: NetParameter, options: UpgradeOptions = {}): NetParameter {
  checkArguments('upgradeNet()', { net: [net, MESSAGE], options: [options, OPTIONS] });
  const { onWarning = () => undefined, schema } = options;
  refuseMixedLayers(net);
  return stepsFor(schema).reduce(
    (current, { isNeeded, upgrade }) => (isNeeded(current) ? upgrade(current, onWarning) : current),
    net,
  );
}
