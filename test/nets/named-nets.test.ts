/**
 * The table of named nets: what a command line gives becomes options, and every row of the table is one that `build` takes.
 */
import { describe, expect, test } from '@jest/globals';
import { detectionV2 } from '../../src/nets/index.js';
import { namedNet, namedNets } from '../../src/nets/named-nets.js';
import { optionKey, parseNetOptions } from '../../src/nets/options.js';

const { options, build } = namedNet('detection-v2');
const messageOf = (mistake: () => unknown): string => {
  try {
    mistake();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

test('every option of the command line becomes an option of the net', () => {
  const given = {
    variant: 'default',
    part: 'backbone',
    'input-size': '96x128',
    'stem-pool': 'floor-pad1',
    upsample: 'bilinear',
    'in-place': true,
    'share-params': 'false',
    'stem-width': 8,
    'stage-widths': '8, 16,32,64',
    'pyramid-channels': '32',
  };
  expect(Object.keys(given).sort()).toEqual(options.map(({ name }) => name).sort());
  const parsed = parseNetOptions(options, given);
  const expected = {
    variant: 'default',
    part: 'backbone',
    inputSize: [96, 128],
    stemPool: 'floor-pad1',
    upsample: 'bilinear',
    inPlace: true,
    shareParams: false,
    stemWidth: 8,
    stageWidths: [8, 16, 32, 64],
    pyramidChannels: 32,
  } as const;
  expect(parsed).toEqual(expected);
  expect(build(parsed)).toEqual(detectionV2({ ...expected, stageWidths: [8, 16, 32, 64] }));
});

test('what is undefined was not given', () => {
  expect(parseNetOptions(options, { variant: undefined })).toEqual({});
  expect(build({ variant: undefined })).toEqual(build());
});

test.each(namedNets)('the defaults in the table of $name are those of the net', (net) => {
  const defaults = Object.fromEntries(net.options.map((option) => [option.name, option.default]));
  expect(net.build(parseNetOptions(net.options, defaults))).toEqual(net.build());
});

test.each(options.flatMap(({ name, choices = [] }) => choices.map((choice) => [name, choice])))(
  '--%s %s is a choice that can be built',
  (name, choice) => {
    expect(build(parseNetOptions(options, { [name]: choice })).layer![0]!.name).toBe('data');
  },
);

test('options are kebab-case on the command line and camelCase in code', () => {
  expect(optionKey({ name: 'stem-pool' })).toBe('stemPool');
  expect(optionKey({ name: 'variant' })).toBe('variant');
});

describe('refusals', () => {
  test.each([
    [{ 'stem-widht': '8' }, "no option --stem-widht\nhint: did you mean '--stem-width'?"],
    [{ 'stem-width': 'wide' }, "--stem-width: expected a positive whole number, got 'wide'\nhint: the default is 64"],
    [{ 'stem-width': '-8' }, "--stem-width: expected a positive whole number, got '-8'\nhint: the default is 64"],
    [{ 'stem-width': '8,8' }, "--stem-width: expected a positive whole number, got '8,8'\nhint: the default is 64"],
    [{ 'stem-width': '' }, "--stem-width: expected a positive whole number, got ''\nhint: the default is 64"],
    [
      { 'stage-widths': '64,128' },
      "--stage-widths: expected 4 positive whole numbers, got '64,128'\nhint: the default is 64,128,256,512",
    ],
    [
      { 'input-size': '480' },
      "--input-size: expected height and width as positive whole numbers, got '480'\nhint: the default is 480x576",
    ],
    [
      { variant: 'notebok' },
      "--variant: expected one of default, notebook, got 'notebok'\nhint: did you mean 'notebook'?",
    ],
    [{ upsample: 'cubic' }, "--upsample: expected one of nearest, bilinear, bilinear-dense, got 'cubic'"],
    [{ 'in-place': 'maybe' }, "--in-place: expected true or false, got 'maybe'\nhint: the default is false"],
  ])('%j', (given, message) => {
    expect(messageOf(() => parseNetOptions(options, given))).toBe(message);
  });

  test('a net of another name', () => {
    expect(messageOf(() => namedNet('detction-v2'))).toBe(
      "no net is named 'detction-v2'\nhint: did you mean 'detection-v2'?",
    );
    expect(messageOf(() => namedNet('yolo'))).toBe(
      `no net is named 'yolo'\nhint: there is ${namedNets.map(({ name }) => name).join(', ')}`,
    );
  });
});
