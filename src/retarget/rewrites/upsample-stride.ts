/** upsample-stride: `scale: 2`, the factor of the size in most forks → `scale: 1 stride: 2`, as Ascend names it. */
import { settingsOf } from '../../layers/shared/fork-settings.js';

import type { Rewrite } from '../rewrite.js';

export const upsampleStride: Rewrite = {
  name: 'upsample-stride',
  doc: 'upsample_param { scale: 1 stride: 2 } in the place of { scale: 2 }',
  apply: ({ step, problem }, work) => {
    if (problem.measure !== 'upsampleScale' || step.bottoms.length !== 1) return false;
    const settings = settingsOf<{ scale: number; stride: number }>(step.layer, 'upsample_param');
    if (settings.scale === undefined || settings.stride !== undefined || Object.keys(settings).length > 1) return false;
    work.runAs.set(step, step.layer);
    // Not derived: the fork that the net was read as may lack the field.
    step.layer = { ...step.layer, upsample_param: { scale: 1, stride: settings.scale } };
    return true;
  },
};
