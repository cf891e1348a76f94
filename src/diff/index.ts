// What the whole exports of src/diff: what two nets differ in.
export { diffNets, type BlobDifference, type DiffOptions, type LayerDifference, type NetDifference } from './diff.js';
export type { FieldDifference } from './fields.js';
