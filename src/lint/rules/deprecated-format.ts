/** deprecated-format: nets as they were written before 2014, inputs that are no layers, and BatchNorm layers as of 2015. */
import type { LayerParameter } from '../../generated/messages.js';
import { addressIn } from '../../proto/derive.js';
import { schemaOf } from '../../proto/message.js';
import { hasInputLayers } from '../../proto/schema.js';
import { needsUpgrade } from '../../proto/upgrade.js';
import { mustFreeze } from '../../proto/upgrade/batch-norm.js';
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const deprecatedFormat: Rule = {
  name: 'deprecated-format',
  severity: 'warning',
  doc: "a net in a format before today's: V0 or V1 layers, inputs as fields of the net",
  check: (net) =>
    needsUpgrade(net.written, { schema: net.schema })
      ? [...oldLayers(net), ...inputFields(net), ...trainedStatistics(net)]
      : [],
};

const HINT = "'netspec convert' writes it in today's format";

function oldLayers({ written }: LintNet): Problem[] {
  const old = written.layers?.[0];
  if (old === undefined) return [];
  const what = old.layer
    ? "layers in the format of 2013 (V0: layers { layer { type: 'conv' } })"
    : 'layers in the format of 2014 (V1: layers { type: CONVOLUTION })';
  const schema = schemaOf(written);
  const isOnlyFormat = schema !== undefined && !schema.message('NetParameter').byName.has('layer');
  return [
    {
      address: addressIn(written, 'layers'),
      message: isOnlyFormat
        ? `The net has ${what}, the only one that its own Caffe reads. Most compilers read today's format alone.`
        : `The net has ${what}. Caffe brings it up to date as it reads it; most compilers read today's format alone.`,
      hint: isOnlyFormat ? undefined : HINT,
    },
  ];
}

function inputFields({ written }: LintNet): Problem[] {
  const { input = [], input_dim, input_shape } = written;
  if (input.length === 0) return [];
  const shape = input_dim ? 'input_dim' : 'input_shape';
  const fields = input_dim || input_shape ? `the fields input and ${shape}` : 'the field input, without shapes';
  const schema = schemaOf(written);
  const isOnlyForm = schema !== undefined && !hasInputLayers(schema);
  const names = input.map((name) => `'${name}'`).join(', ');
  return [
    {
      severity: 'note',
      address: addressIn(written, 'input'),
      message: isOnlyForm
        ? `The net declares ${names} by ${fields}: its own Caffe has no Input layers. Most others have them, and some readers want them.`
        : `The net declares ${names} by ${fields}. Caffe makes an Input layer of them; readers of today's format alone may not.`,
      hint: isOnlyForm ? undefined : HINT,
    },
  ];
}

/** As in the first form of BatchNorm, which let the solver train its blobs. A learning rate of 0 changes nothing, decay or not. */
function trainedStatistics({ written }: LintNet): Problem[] {
  const wouldTrain = (layer: LayerParameter): boolean => layer.param?.some(({ lr_mult }) => lr_mult !== 0) ?? false;
  return (written.layer ?? [])
    .filter((layer) => mustFreeze(layer) && wouldTrain(layer))
    .map((layer) => ({
      layer,
      field: 'param',
      severity: 'note',
      message:
        'Its three param messages would train the mean, the variance and their factor. Caffe sets lr_mult and decay_mult of all ' +
        'three to 0 as it reads the net.',
      hint: 'write lr_mult: 0 decay_mult: 0 three times, or leave param out',
    }));
}
