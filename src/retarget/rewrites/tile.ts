/** tile: Tile → Concat of one blob several times. */
import { isRefused, type Rewrite } from '../rewrite.js';

export const tile: Rewrite = {
  name: 'tile',
  doc: 'Concat of the same blob in the place of Tile',
  apply: (marked, work) => {
    const { step } = marked;
    const { axis = 1, tiles = 1 } = step.layer.tile_param ?? {};
    if (!isRefused(marked) || step.layer.type !== 'Tile' || tiles < 1 || !work.takes('Concat')) return false;
    const x = step.bottoms[0]!;
    work.become(
      step,
      { type: 'Concat', concat_param: { axis } },
      Array.from({ length: tiles }, () => x),
    );
    return true;
  },
};
