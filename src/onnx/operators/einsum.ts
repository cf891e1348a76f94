/** Einsum: sums of products over named axes, of one operand or two. */
import { product } from '../../shapes.js';
import type { Blob } from '../emit/builder.js';
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { reshape } from './shared/layers.js';
import { multiplyComputed, timesMatrix } from './shared/matmul.js';
import { addUp } from './shared/reduce.js';
import { transpose, transposeNumbers } from './shared/transpose.js';

interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly size: ReadonlyMap<string, number>;
}

function equationOf(c: NodeContext): Equation {
  const text = c.attributes.string('equation', '').replace(/\s+/g, '');
  const [left = '', right] = text.split('->');
  const terms = left.split(',');
  if (terms.length !== c.inputCount)
    throw new Refusal(`equation '${text}' is of ${terms.length} operands, there are ${c.inputCount}`);
  // An ellipsis stands for axes of its own letters, aligned at the end.
  const extra = Math.max(...terms.map((term, i) => (term.includes('...') ? c.rank(i) - (term.length - 3) : 0)));
  const letters = Array.from({ length: Math.max(extra, 0) }, (_, i) => String.fromCharCode(0x100 + i)).join('');
  const inputs = terms.map((term, i) => {
    if (!term.includes('...')) return term;
    const count = c.rank(i) - (term.length - 3);
    return term.replace('...', letters.slice(letters.length - count));
  });
  const size = new Map<string, number>();
  inputs.forEach((term, i) => {
    if (term.length !== c.rank(i)) throw new Refusal(`equation '${text}': operand ${i} has ${c.rank(i)} axes`);
    lettersOf(term).forEach((letter, axis) => {
      const dim = c.shape(i)[axis]!;
      const known = size.get(letter) ?? dim;
      if (known !== dim && known !== 1 && dim !== 1)
        throw new Refusal(`equation '${text}': '${letter}' is ${known} and ${dim}`);
      size.set(letter, Math.max(known, dim));
    });
  });
  const all = inputs.join('');
  const output =
    right?.replace('...', letters) ??
    letters +
      [...new Set(lettersOf(all))]
        .filter((letter) => all.split(letter).length === 2 && !letters.includes(letter))
        .sort()
        .join('');
  return { inputs, output, size };
}

export const einsum: Operator = {
  type: 'Einsum',
  caffe: 'as MatMul, between transpositions',
  grade: 'cheap',
  notes: 'of one operand or two, each letter once in an operand',
  infer: (c) => {
    const { output, size } = equationOf(c);
    return [{ type: c.type(0), shape: lettersOf(output).map((letter) => size.get(letter)!) }];
  },
  evaluate: (c, inputs) => {
    const { inputs: terms, output, size } = equationOf(c);
    const summed = [...size.keys()].filter((letter) => !output.includes(letter));
    const order = [...lettersOf(output), ...summed];
    const dims = order.map((letter) => size.get(letter)!);
    const shape = lettersOf(output).map((letter) => size.get(letter)!);
    const data = new Float64Array(product(shape));
    const inner = product(dims, output.length);
    const strides = terms.map((term, i) =>
      order.map((letter) =>
        lettersOf(term).reduce((sum, each, axis) => {
          const own = inputs[i]!.shape;
          return each === letter && own[axis] !== 1 ? sum + product(own, axis + 1) : sum;
        }, 0),
      ),
    );
    for (let at = 0; at < product(dims); at++) {
      const places = terms.map(() => 0);
      for (let axis = order.length - 1, left = at; axis >= 0; axis--) {
        const index = left % dims[axis]!;
        left = (left - index) / dims[axis]!;
        strides.forEach((stride, i) => (places[i]! += index * stride[axis]!));
      }
      data[Math.floor(at / inner)]! += places.reduce((value, place, i) => value * inputs[i]!.data[place]!, 1);
    }
    return [{ shape, type: inputs[0]!.type, data }];
  },
  emit: (c) => {
    const { inputs: terms, output, size } = equationOf(c);
    if (terms.some((term) => new Set(lettersOf(term)).size !== term.length))
      throw new Refusal('a letter stands twice in an operand');
    if (terms.length > 2) throw new Refusal(`${terms.length} operands; one or two can be written`);
    const of = (letters: string): number => product(lettersOf(letters).map((letter) => size.get(letter)!));
    const dims = (letters: string): number[] => lettersOf(letters).map((letter) => size.get(letter)!);
    const arrange = (x: Blob, from: string, to: string): Blob =>
      transpose(
        c,
        x,
        lettersOf(to).map((letter) => from.indexOf(letter)),
      );
    const finish = (x: Blob, letters: string): void => {
      c.set(reshape(c, arrange(reshape(c, x, dims(letters)), letters, output), caffeShape(c.output().shape)));
    };
    if (terms.length === 1) {
      const [term] = terms as [string];
      const kept = lettersOf(term)
        .filter((letter) => output.includes(letter))
        .join('');
      const axes = lettersOf(term).flatMap((letter, axis) => (output.includes(letter) ? [] : [axis]));
      finish(axes.length === 0 ? c.blob(0) : addUp(c, c.blob(0), axes, 'SUM'), kept);
      return;
    }
    const [a, b] = terms as [string, string];
    const both = lettersOf(a).filter((letter) => b.includes(letter));
    const batch = both.filter((letter) => output.includes(letter)).join('');
    const k = both.filter((letter) => !output.includes(letter)).join('');
    const m = lettersOf(a)
      .filter((letter) => !both.includes(letter))
      .join('');
    const n = lettersOf(b)
      .filter((letter) => !both.includes(letter))
      .join('');
    if (lettersOf(m + n).some((letter) => !output.includes(letter)))
      throw new Refusal('an axis of one operand alone is summed');
    if (both.some((letter) => c.shape(0)[a.indexOf(letter)] !== c.shape(1)[b.indexOf(letter)]))
      throw new Refusal('operands that broadcast');
    const constant = c.constant(1);
    if (constant && batch === '') {
      const x = reshape(c, arrange(c.blob(0), a, m + k), [of(m), of(k)]);
      const data = transposeNumbers(
        constant.data,
        constant.shape,
        lettersOf(k + n).map((letter) => b.indexOf(letter)),
      );
      finish(timesMatrix(c, x, { data, inputs: of(k), outputs: of(n), transposed: false }), m + n);
      return;
    }
    const left = reshape(c, arrange(c.blob(0), a, batch + m + k), [of(batch), of(m), of(k)]);
    const right = reshape(c, arrange(c.blob(1), b, batch + k + n), [of(batch), of(k), of(n)]);
    finish(multiplyComputed(c, left, right), batch + m + n);
  },
};

/** Axes of an equation are single letters. */
function lettersOf(term: string): string[] {
  return term.split('');
}
