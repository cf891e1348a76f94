/** Prune: layers that no output needs are taken out. */
import type { Step, Value, WorkingNet } from './work.js';
import type { Change } from './report.js';

/**
 * Keeps the layers that the outputs are computed from. A Silence goes, and so does what it silenced, unless the blob comes
 * from a layer that is needed for another of its tops: it would then be an output.
 */
export function prune(net: WorkingNet): Change[] {
  const needed = new Set<Value>(net.outputs);
  const kept = new Set<Step>();
  for (const step of [...net.steps].reverse()) {
    if (!step.tops.some((top) => needed.has(top))) continue;
    kept.add(step);
    for (const bottom of step.bottoms) needed.add(bottom);
  }
  const made = new Set([...kept].flatMap(({ tops }) => tops));
  const changes: Change[] = [];
  net.steps = net.steps.filter((step) => {
    if (kept.has(step)) {
      dropUnusedInputs(step, needed);
      return true;
    }
    if (step.layer.type === 'Silence') {
      const exposed = step.bottoms.filter((bottom) => made.has(bottom) && !needed.has(bottom));
      if (exposed.length > 0) {
        step.bottoms = exposed;
        return true;
      }
    }
    changes.push({ layer: step.layer.name ?? '', type: step.layer.type ?? '' });
    return false;
  });
  return changes;
}

/** Tops of an Input layer that nobody needs would become outputs. */
function dropUnusedInputs(step: Step, needed: ReadonlySet<Value>): void {
  const { layer, tops } = step;
  if (layer.type !== 'Input' || tops.every((top) => needed.has(top))) return;
  const shapes = layer.input_param?.shape ?? [];
  // One shape stands for all tops.
  if (shapes.length > 1)
    layer.input_param = { ...layer.input_param, shape: shapes.filter((_, i) => needed.has(tops[i]!)) };
  step.tops = tops.filter((top) => needed.has(top));
}
