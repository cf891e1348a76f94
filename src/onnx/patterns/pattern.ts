/** What each file in this folder says of its pattern. */
import type { Node, WorkGraph } from '../graph/graph.js';
import type { Values } from '../graph/node-context.js';

export interface PatternOptions {
  readonly keepBatchNorm: boolean;
}

export interface PatternContext {
  readonly graph: WorkGraph;
  readonly values: Values;
  /** The node that may be the last of the pattern. */
  readonly node: Node;
  readonly options: PatternOptions;
}

export interface Pattern {
  readonly name: string;
  /** What it looks for and what it makes of it, for docs/onnx.md. */
  readonly doc: string;
  /** Rewrites the node where the pattern ends in it. */
  apply(context: PatternContext): void;
}
