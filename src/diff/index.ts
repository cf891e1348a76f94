/** The diff room's public face. */
export { diffNets, type BlobDifference, type DiffOptions, type LayerDifference, type NetDifference } from './diff.js';
export type { FieldDifference } from './fields.js';
