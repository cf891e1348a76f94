/** suppress: greedy non-maximum suppression of each class, with boxes by their edges. */
import { bestOf, type Edges, type HeadLimits } from './head.js';

/** A box of a class, in parts of the input blob. */
export interface Candidate {
  readonly edges: Edges;
  readonly score: number;
  readonly label: number;
}

/** The candidates that overlap no better one of their class by more than the threshold: best first, as many as may be kept. */
export function suppress(candidates: readonly Candidate[], limits: HeadLimits): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of bestOf(candidates, { ...limits, top: Infinity })) {
    if (kept.length >= limits.top) break;
    const overlaps = (other: Candidate) =>
      other.label === candidate.label && overlap(other.edges, candidate.edges) > limits.nmsThreshold;
    if (!kept.some(overlaps)) kept.push(candidate);
  }
  return kept;
}

/** The area that both boxes cover divided by the area that either covers. */
function overlap(a: Edges, b: Edges): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Edges) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
