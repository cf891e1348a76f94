/** eltwise: bottoms are joined element by element in another way: by sum, product or maximum, or with other coefficients. */
import { EltwiseParameter_EltwiseOp as Op } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { solve } from './linear.js';

const NAMES: readonly (readonly [Op, string, string])[] = [
  [Op.SUM, 'SUM', 'adds them'],
  [Op.PROD, 'PROD', 'multiplies them'],
  [Op.MAX, 'MAX', 'takes the larger'],
];

export const eltwise: Hypothesis = {
  id: 'eltwise',
  title: 'bottoms are added where they should be multiplied or compared, or with other coefficients',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'Eltwise' || suspect.bottoms.length < 2) return;
    const given = suspect.param.eltwise_param;
    const { operation, coeff } = resolve('EltwiseParameter', given);
    const is = NAMES.find(([op]) => op === operation)![2];
    const variant = (label: string, explanation: string, settings: object, fitted?: Variant['fitted']): Variant => {
      const param = { ...suspect.param, eltwise_param: edited(given, ['operation', 'coeff'], settings) };
      return { label, explanation, change: { param }, fix: prototxtEdit(suspect, param), fitted };
    };
    for (const [op, name, does] of NAMES)
      if (op !== operation)
        yield variant(`operation: ${name}`, `the reference ${does}, this layer ${is}.`, {
          ...(op !== Op.SUM && { operation: op }),
        });
    const own = coeff.length > 0 ? coeff : suspect.bottoms.map(() => 1);
    const lists = [
      ...(suspect.bottoms.length === 2
        ? [
            [1, 1],
            [1, -1],
            [-1, 1],
          ]
        : []),
      suspect.bottoms.map(() => 1 / suspect.bottoms.length),
    ];
    for (const list of lists)
      if (operation !== Op.SUM || list.some((value, i) => value !== own[i]))
        yield variant(withCoefficients(list), `the reference adds its parts ${withCoefficients(list)}.`, {
          ...(list.some((value) => value !== 1) && { coeff: list }),
        });
    const fitted = fittedCoefficients(suspect);
    if (fitted)
      yield variant(
        withCoefficients(fitted),
        `${withCoefficients(fitted)}, fitted to the reference, the sum of its parts agrees; this layer ${is}` +
          `${operation === Op.SUM ? ` with ${own.map(rounded).join(', ')}` : ''}.`,
        { coeff: fitted },
        'few',
      );
  },
};

function withCoefficients(list: readonly number[]): string {
  return `with the coefficients ${list.map(rounded).join(', ')}`;
}

/** The coefficients that bring the sum nearest to the reference. */
function fittedCoefficients({ reference, bottoms, output }: Suspect): number[] | undefined {
  if (reference?.data.length !== output.data.length) return undefined;
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  if (bottoms.some(({ data }) => data.length !== reference.data.length)) return undefined;
  const solution = solve(
    bottoms.map((a) => bottoms.map((b) => dot(a.data, b.data))),
    bottoms.map(({ data }) => dot(data, reference.data)),
  );
  const digits = solution?.map((value) => Number(value.toPrecision(5)));
  return digits?.every(Number.isFinite) ? digits : undefined;
}
