import { describe, expect, test } from '@jest/globals';
import { Phase, type NetState, type NetStateRule } from '../../src/generated/messages.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { filterNet, stateMeetsRule } from '../../src/runtime/state-filter.js';

describe('stateMeetsRule', () => {
  const { TRAIN, TEST } = Phase;
  const table: [string, NetState, NetStateRule, boolean][] = [
    ['an empty rule is met by every state', { phase: TEST }, {}, true],
    ['the same phase', { phase: TEST }, { phase: TEST }, true],
    ['another phase', { phase: TEST }, { phase: TRAIN }, false],
    ['a state without phase tests, as NetState defaults to TEST', {}, { phase: TEST }, true],
    ['min_level at the level', { level: 2 }, { min_level: 2 }, true],
    ['min_level above the level', { level: 2 }, { min_level: 3 }, false],
    ['max_level at the level', { level: 2 }, { max_level: 2 }, true],
    ['max_level below the level', { level: 2 }, { max_level: 1 }, false],
    ['a level of 0 is a level', {}, { min_level: 1 }, false],
    ['all stages are there', { stage: ['a', 'b', 'c'] }, { stage: ['c', 'a'] }, true],
    ['one stage of two is missing', { stage: ['a'] }, { stage: ['a', 'b'] }, false],
    ['a not_stage is absent', { stage: ['a'] }, { not_stage: ['b'] }, true],
    ['one not_stage of two is there', { stage: ['a'] }, { not_stage: ['b', 'a'] }, false],
    [
      'every condition counts',
      { phase: TEST, level: 1, stage: ['a'] },
      { phase: TEST, stage: ['a'], min_level: 2 },
      false,
    ],
  ];
  test.each(table)('%s', (_what, state, rule, met) => {
    expect(stateMeetsRule(state, rule)).toBe(met);
  });
});

describe('filterNet', () => {
  const layersLeft = (rules: string, state = ''): string[] =>
    (filterNet(parsePrototxt(`state { ${state} } layer { name: "x" ${rules} }`)).layer ?? []).map(({ name }) => name!);

  test('a layer without rules stays', () => {
    expect(layersLeft('')).toEqual(['x']);
  });
  test('one include rule of several is enough', () => {
    expect(layersLeft('include { phase: TRAIN } include { min_level: 1 }', 'level: 1')).toEqual(['x']);
  });
  test('a layer goes when no include rule is met', () => {
    expect(layersLeft('include { phase: TRAIN } include { min_level: 1 }')).toEqual([]);
  });
  test('one exclude rule of several is enough', () => {
    expect(layersLeft('exclude { phase: TRAIN } exclude { stage: "deploy" }', 'stage: "deploy"')).toEqual([]);
  });
  test('a layer stays when no exclude rule is met', () => {
    expect(layersLeft('exclude { phase: TRAIN } exclude { stage: "deploy" }')).toEqual(['x']);
  });
  test('both kinds of rule are refused', () => {
    const net = parsePrototxt('layer {\n  name: "x" type: "ReLU"\n  include {}\n  exclude {}\n}', {
      file: 'n.prototxt',
    });
    expect(() => filterNet(net)).toThrow(
      new Error("n.prototxt:4:3: layer 'x' (ReLU): Specify either include rules or exclude rules; not both."),
    );
  });
  test('the net given is left as it is', () => {
    const net = parsePrototxt('layer { name: "x" include { phase: TRAIN } }');
    filterNet(net);
    expect(net.layer).toHaveLength(1);
  });
});
