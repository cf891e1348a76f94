// What the whole exports of src/retarget: a net rewritten for a toolchain.
export { retargetNet, type RetargetedNet, type RetargetOptions } from './retarget.js';
export type { RetargetChange, RetargetReport } from './report.js';
