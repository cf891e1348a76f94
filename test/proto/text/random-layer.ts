/** Layers with random fields, for tests of what is written and changed: scalars, lists, enums, messages in messages. */
import fc from 'fast-check';
import type { LayerParameter } from '../../../src/generated/messages.js';

const name = fc.stringMatching(/^[a-z"'\\]{1,4}$/);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const filler = fc.record(
  { type: fc.constantFrom('constant', 'xavier'), value: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { requiredKeys: [] },
);

export function randomLayer(): fc.Arbitrary<LayerParameter> {
  return fc
    .record({
      name: optional(name),
      type: optional(fc.constantFrom('ReLU', 'Pooling', 'Convolution')),
      bottom: optional(fc.array(name, { minLength: 1, maxLength: 3 })),
      top: optional(fc.array(name, { minLength: 1, maxLength: 3 })),
      param: optional(
        fc.array(fc.record({ name, lr_mult: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] }), {
          minLength: 1,
          maxLength: 2,
        }),
      ),
      pooling_param: optional(
        fc.record({ pool: fc.constantFrom(0, 1), kernel_size: fc.nat(9), pad: fc.nat(2) }, { requiredKeys: [] }),
      ),
      convolution_param: optional(
        fc.record(
          {
            num_output: fc.nat(99),
            bias_term: fc.boolean(),
            kernel_size: fc.array(fc.nat(9), { minLength: 1, maxLength: 2 }),
            weight_filler: filler,
          },
          { requiredKeys: [] },
        ),
      ),
    })
    .map((layer) => Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined)));
}
