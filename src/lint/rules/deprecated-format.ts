/** deprecated-format: nets as they were written before 2014, and inputs that are no layers. */
import { needsUpgrade } from '../../proto/upgrade.js';
import type { Rule } from '../rule.js';

export const deprecatedFormat: Rule = {
  name: 'deprecated-format',
  severity: 'warning',
  doc: "a net in a format before today's: V0 or V1 layers, inputs as fields of the net",
  check: ({ written, schema }) => {
    if (!needsUpgrade(written, { schema })) return [];
    const old = written.layers?.[0];
    const what =
      old === undefined
        ? "fields of a format before today's"
        : old.layer
          ? 'layers in the format of 2013 (V0)'
          : 'layers in the format of 2014 (V1: layers { type: CONVOLUTION })';
    return [
      {
        message:
          (written.input?.length ?? 0) > 0 && !old
            ? 'The net declares its inputs by `input:`. Caffe reads it as Input layers; other readers may not.'
            : `The net has ${what}. Caffe brings it up to date as it reads it; most compilers read today's format alone.`,
        hint: "write it anew in today's format",
      },
    ];
  },
};
