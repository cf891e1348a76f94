/** An Expand whose only readers broadcast anyway. */
import { isOp } from './match.js';
import type { Pattern } from './pattern.js';

const BROADCASTING: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Sum',
  'Mean',
  'Greater',
  'Less',
  'Equal',
  'Where',
  'And',
  'Or',
]);

export const dropExpand: Pattern = {
  name: 'Expand before arithmetic',
  doc: 'left out where every reader broadcasts to the same shape without it',
  apply({ graph, node, values }) {
    if (!isOp(node, 'Expand')) return;
    const [output] = node.outputs as [string];
    const shape = values.type(output)?.shape.join();
    const readers = graph.readers(output);
    const fits = readers.every(
      (reader) =>
        BROADCASTING.has(reader.op) &&
        reader.domain === '' &&
        reader.inputs.some(
          (input) =>
            input !== output && values.type(input)?.shape.join() === values.type(reader.outputs[0]!)?.shape.join(),
        ) &&
        values.type(reader.outputs[0]!) !== undefined,
    );
    if (shape === undefined || !fits || readers.length === 0 || graph.outputs.includes(output)) return;
    graph.redirect(output, node.inputs[0]!);
  },
};
