/**
 * Names of layers and blobs. Torch's exporter writes module paths into names of nodes and weights: `/layer1/layer1.0/conv1/Conv`
 * becomes `layer1.0.conv1`. Signs that tools take for something else in file names or on command lines are replaced.
 */
import type { Node, WorkGraph } from '../graph/graph.js';

/** Operators with weights of their own, which take the name of their module before others in it. */
const WEIGHTED: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'InstanceNormalization', 'LayerNormalization'],
  ...['GroupNormalization', 'PRelu', 'LSTM', 'GRU', 'RNN', 'Gather'],
]);

interface Path {
  /** `layer1.0.conv1`; '' at the top level. */
  readonly module: string;
  /** `Conv`, or `Conv_1` for a second one. */
  readonly op: string;
}

/** A path of torch's: '/' in front, the operator at the end. */
function pathOf({ name, op }: Pick<Node, 'name' | 'op'>): Path | undefined {
  if (!name.startsWith('/')) return undefined;
  const segments = name.split('/').filter((segment) => segment !== '');
  const last = segments[segments.length - 1] ?? '';
  const isOp = /^[A-Z]\w*?(_\d+)?$/.test(last) && (last === op || last.startsWith(`${op}_`) || segments.length > 1);
  const scopes = isOp ? segments.slice(0, -1) : segments;
  const module: string[] = [];
  for (const scope of scopes) {
    const parent = module[module.length - 1];
    // Within a sequence, torch repeats the parent's name.
    if (parent !== undefined && (scope === parent || scope.startsWith(`${parent}.`))) module.pop();
    module.push(scope);
  }
  return { module: module.join('.'), op: isOp ? last : '' };
}

/** The name that each node's main layer is to have, before they are made unique. */
export function nodeNames(graph: WorkGraph): Map<Node, string> {
  const paths = new Map(graph.nodes.map((node) => [node, pathOf(node)] as const));
  const ops = new Map<string, Set<string>>();
  for (const [, path] of paths) {
    if (!path) continue;
    const kind = path.op.replace(/_\d+$/, '');
    ops.set(path.module, (ops.get(path.module) ?? new Set()).add(kind));
  }
  const counts = new Map<string, number>();
  return new Map(
    graph.nodes.map((node) => {
      const path = paths.get(node);
      const weight = WEIGHTED.has(node.op) ? weightModule(node) : undefined;
      if (path) return [node, clean(nameInModule(node, path, ops.get(path.module)?.size ?? 1))];
      if (weight !== undefined) return [node, clean(weight)];
      if (node.name !== '') return [node, clean(node.name)];
      const output = node.outputs.find((each) => each !== '') ?? '';
      // Names that some exporters make of numbers alone say nothing.
      if (/[A-Za-z]/.test(output) && !/^(onnx::)?\w+_?\d+$/.test(output)) return [node, clean(output)];
      const stem = node.op.toLowerCase();
      const count = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, count);
      return [node, `${stem}${count}`];
    }),
  );
}

function nameInModule({ op }: Node, path: Path, kinds: number): string {
  const suffix = /_\d+$/.exec(path.op)?.[0] ?? '';
  if (path.module === '') return path.op.toLowerCase();
  if (path.op === '') return path.module;
  if (kinds === 1 || (WEIGHTED.has(op) && suffix === '')) return path.module + suffix;
  return `${path.module}.${path.op.toLowerCase()}`;
}

/** `layer1.0.conv1` of `layer1.0.conv1.weight`. */
function weightModule({ inputs }: Node): string | undefined {
  for (const input of inputs.slice(1)) {
    const found = /^(.*[A-Za-z_].*)\.(?:weight|gamma|kernel|bias)$/.exec(input);
    if (found) return found[1]!;
  }
  return undefined;
}

/** Letters, digits, '.', '-' and '_' stay. */
export function clean(name: string): string {
  const cleaned = name
    .replace(/^\/+/, '')
    .replace(/[/\\]+/g, '.')
    .replace(/::?/g, '_')
    .replace(/[^\w.-]+/g, '_')
    .replace(/^[._-]+|[._-]+$/g, '');
  return cleaned === '' ? 'blob' : cleaned;
}

/** Hands out names, each once. */
export class UniqueNames {
  readonly #taken = new Set<string>();

  /** Takes a name as it is. */
  reserve(name: string): void {
    this.#taken.add(name);
  }

  take(name: string): string {
    let unique = name;
    for (let i = 1; this.#taken.has(unique); i++) unique = `${name}_${i}`;
    this.#taken.add(unique);
    return unique;
  }
}
