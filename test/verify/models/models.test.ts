/**
 * Models in double precision, whose outputs this engine had no part in: a right port agrees and nothing is claimed of it; of a
 * wrong one the layer is named, then the cause and no other, and the edit mends it.
 */
import { describe, expect, test } from '@jest/globals';
import { MODEL_FAULTS } from './faults.js';
import { NETS } from './nets.js';
import { portOf, verified, verifiedAndMended } from './port.js';

describe('a right port agrees', () => {
  test.each(Object.keys(NETS))('%s', async (name) => {
    const { ok, matched, references, causes, tried } = await verified(portOf(name));
    expect({ ok, unmatched: references - matched, causes, tried }).toEqual({
      ok: true,
      unmatched: 0,
      causes: [],
      tried: [],
    });
  });
});

describe('a fault is found and mended', () => {
  test.each(MODEL_FAULTS.map((each) => [each.net, each.fault, each] as const))('%s: %s', async (_net, _fault, each) => {
    const port = portOf(each.net, each.otherwise);
    each.spoil?.(port);
    const { report, mended, left } = await verifiedAndMended(port);
    expect(report.ok).toBe(false);
    const { name, reference, label } = (report.firstIsolated ?? report.firstDivergence)!;
    expect([name, reference, ...label.split(' + ')]).toContain(each.layer);
    const ids = report.causes.map(({ id }) => id);
    expect(ids.filter((id) => !each.causes.includes(id))).toEqual([]);
    expect(ids.length > 0).toBe(each.causes.length > 0);
    if (each.unmendable !== true) expect({ left, ok: mended?.ok }).toEqual({ left: [], ok: true });
  });
});
