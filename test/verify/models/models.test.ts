/**
 * Models in double precision, whose outputs this engine had no part in: a right port agrees and nothing is claimed of it; of a
 * wrong one the layer is named, then the cause and no other, and the edit mends it.
 */
import { describe, expect, test } from '@jest/globals';
import { COMPOSED_FAULTS, COMPOSED_NETS } from './composed.js';
import { MODEL_FAULTS } from './faults.js';
import { LATER_FAULTS, LATER_NETS } from './later.js';
import { MORE_FAULTS } from './more-faults.js';
import { FOLDED, MORE_NETS } from './more-nets.js';
import { NETS } from './nets.js';
import { portOf, verified, verifiedAndMended } from './port.js';

describe('a right port agrees', () => {
  test.each(Object.keys({ ...NETS, ...MORE_NETS, ...LATER_NETS, ...COMPOSED_NETS }))('%s', async (name) => {
    const { ok, unusedReferences, matched, references, causes, tried } = await verified(portOf(name));
    // The dump of a model has what was folded away as well.
    const unmatched = references - matched - (FOLDED[name] ?? 0);
    expect({ ok, unmatched, unusedReferences, causes, tried }).toEqual({
      ...{ ok: true, unmatched: 0, unusedReferences: [], causes: [], tried: [] },
    });
  });
});

describe('a fault is found and mended', () => {
  const faults = [...MODEL_FAULTS, ...MORE_FAULTS, ...LATER_FAULTS, ...COMPOSED_FAULTS];
  test.each(faults.map((each) => [each.net, each.fault, each] as const))('%s: %s', async (_net, _fault, each) => {
    const port = portOf(each.net, each.otherwise);
    each.spoil?.(port);
    const { report, mended, left } = await verifiedAndMended(port);
    expect(report.ok).toBe(false);
    const { name, reference, label } = (report.firstIsolated ?? report.firstDivergence)!;
    expect([name, reference, ...label.split(' + '), ...report.causes.map(({ layer }) => layer)]).toContain(each.layer);
    const ids = report.causes.map(({ id }) => id);
    expect(ids.filter((id) => !each.causes.includes(id))).toEqual([]);
    expect(ids.length > 0).toBe(each.causes.length > 0);
    // A remark in a line of numpy stands behind the call, so that the line runs.
    for (const { fix, fixPlace } of report.causes)
      for (const line of fixPlace === 'prototxt' ? [] : fix.split('\n')) {
        const [code = ''] = line.split('#');
        expect([line, code.split('(').length]).toEqual([line, code.split(')').length]);
      }
    if (each.unmendable !== true) expect({ left, ok: mended?.ok }).toEqual({ left: [], ok: true });
  });
});
