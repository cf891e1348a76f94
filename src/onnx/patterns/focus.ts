/** Every second pixel of rows and columns, four times, joined: the Focus of YOLOv5, one Convolution of ones and zeros. */
import { Attributes } from '../graph/attributes.js';
import { NodeContext } from '../graph/node-context.js';
import { isOp, madeBy } from './match.js';
import type { Pattern, PatternContext } from './pattern.js';

export const focus: Pattern = {
  name: 'Focus',
  doc: 'Slices of every n-th row and column, joined: one Convolution of ones and zeros with that stride',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Concat') || node.inputs.length < 2) return;
    if (new NodeContext(node, values).axis(node.attributes.int('axis', 1), 4) !== 1) return;
    const parts = node.inputs.map((input) => origin(context, input));
    const [first] = parts;
    const shape = first && values.type(first.x)?.shape;
    if (!first || shape?.length !== 4 || first.step < 2) return;
    const isFocus = parts.every((part) => part?.x === first.x && part.step === first.step);
    if (!isFocus || shape[2]! % first.step !== 0 || shape[3]! % first.step !== 0) return;
    const places = parts.flatMap((part) => [part!.row, part!.column]);
    graph.rewrite(node, { op: 'Focus', inputs: [first.x], attributes: Attributes.of({ step: first.step, places }) });
  },
};

interface Part {
  readonly x: string;
  readonly step: number;
  readonly row: number;
  readonly column: number;
}

/** Of a value that is every n-th row and column of another, which. */
function origin(context: PatternContext, value: string): Part | undefined {
  const starts = [0, 0];
  const steps = [1, 1];
  let at = value;
  for (let slices = 0; slices < 2; slices++) {
    const node = madeBy(context, at, 'Slice');
    if (!node || node.opset < 10) break;
    const list = (index: number): number[] | undefined => {
      const constant = context.values.constant(node.inputs[index] ?? '');
      return constant && [...constant.data];
    };
    const [start, end, axes, step] = [list(1), list(2), list(3), list(4)];
    const shape = context.values.type(node.inputs[0]!)?.shape;
    if (!start || !end || !axes || !step || !shape) return undefined;
    for (const [i, given] of axes.entries()) {
      const axis = given < 0 ? given + 4 : given;
      const place = axis - 2;
      const isWhole = end[i]! >= shape[axis]!;
      if (
        (place !== 0 && place !== 1) ||
        steps[place] !== 1 ||
        step[i]! < 1 ||
        start[i]! < 0 ||
        start[i]! >= step[i]! ||
        !isWhole
      )
        return undefined;
      starts[place] = start[i]!;
      steps[place] = step[i]!;
    }
    at = node.inputs[0]!;
  }
  if (at === value || steps[0] !== steps[1]) return undefined;
  return { x: at, step: steps[0]!, row: starts[0]!, column: starts[1]! };
}
