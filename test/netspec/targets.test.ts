/** Layers of forks in the DSL: whose schema they are made with, and nets that are made for one Caffe. */
import { describe, expect, test } from '@jest/globals';
import { L, NetSpec, decodeNet, encodeNet, forkSchema, formatPrototxt, toProto } from '../../src/index.js';
import { schemaOf } from '../../src/proto/message.js';

const input = () => L.Input({ shape: { dim: [1, 3, 8, 8] } });

test('L.Permute puts its fields into permute_param', () => {
  const net = toProto(L.Permute(input(), { order: [0, 2, 3, 1] }));
  expect(net.layer![1]).toMatchObject({ type: 'Permute', permute_param: { order: [0, 2, 3, 1] } });
});

describe('the fork is the one that the fields show, not the first that has the type', () => {
  // Field, and a Caffe whose message of that name has it.
  test.each([
    [
      'upsample_h of SegNet',
      () => L.Upsample(input(), { upsample_h: 4, upsample_w: 4 }),
      { upsample_h: 4, upsample_w: 4 },
    ],
    [
      'nearestneighbor_mode of Cambricon',
      () => L.Upsample(input(), { scale: 2, nearestneighbor_mode: true } as object),
      { scale: 2, nearestneighbor_mode: true },
    ],
  ])('%s', (_what, make, upsample_param) => {
    expect(toProto(make()).layer![1]).toMatchObject({ type: 'Upsample', upsample_param });
  });

  test('an enum value of one fork only', () => {
    const layer = toProto(L.BN(input(), { bn_mode: 'INFERENCE' } as object)).layer![1]!;
    expect(formatPrototxt({ layer: [layer] })).toContain('bn_mode: INFERENCE');
  });

  test('a field that no Caffe has is refused as before', () => {
    expect(() => L.Permute(input(), { oder: [0, 1] } as object)).toThrow(/no field 'oder'/);
  });
});

describe('toProto({ target })', () => {
  const spec = () => {
    const n = new NetSpec();
    n['data'] = input();
    n['perm'] = L.Permute(n['data'], { order: [0, 2, 3, 1] });
    return n;
  };

  test('refuses what the target does not have, with the names of the layer and of Caffes that have it', () => {
    expect(() => spec().toProto({ target: 'segnet' })).toThrow(
      /^layer 'perm' \(Permute\): SegNet has no permute_param\nhint: these have it: 'ssd', '.+', '.+' and \d+ more$/,
    );
    expect(() => spec().toProto({ target: 'bvlc' })).toThrow(
      "layer 'perm' (Permute): BVLC's Caffe has no permute_param",
    );
  });

  test('refuses a field that the target does not have', () => {
    const top = L.Convolution(input(), { num_output: 2, kernel_size: 3, dilation: 2 });
    expect(() => toProto(top, { target: 'segnet' })).toThrow(
      "layer 'Convolution1' (Convolution): SegNet: no field 'dilation' in ConvolutionParameter or LayerParameter",
    );
    expect(toProto(top, { target: 'ssd' }).layer).toHaveLength(2);
  });

  test('refuses a target that is none', () => {
    expect(() => spec().toProto({ target: 'sdd' })).toThrow("there is no schema 'sdd'\nhint: did you mean 'ssd'?");
    expect(() => spec().toProto({ target: 3 as never })).toThrow(
      'target: expected the name of a Caffe, or a schema, got 3',
    );
  });

  test("the net is written with the target's numbers", () => {
    const net = spec().toProto({ target: 'eric612' });
    expect(schemaOf(net)).toBe(forkSchema('eric612'));
    const again = decodeNet(encodeNet(net), { schema: forkSchema('eric612') });
    expect(again.layer![1]).toMatchObject({ permute_param: { order: [0, 2, 3, 1] } });
  });

  test('enum values have the numbers of the target', () => {
    const top = L.SoftmaxWithLoss(input(), input(), { loss_param: { normalization: 'NONE' } });
    const { loss_param } = toProto(top, { target: 'intel' }).layer!.at(-1)!;
    const { values } = forkSchema('intel').message('LossParameter').byName.get('normalization')!.enumType!;
    expect(loss_param!.normalization).toBe(values['NONE']);
    expect(loss_param!.normalization).not.toBe(toProto(top).layer!.at(-1)!.loss_param!.normalization);
  });
});
