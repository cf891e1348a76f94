/**
 * With Caffe's schema nothing loads protobufjs, which takes as long as to build a small net.
 */
import { expect, test } from '@jest/globals';
import { childProgram } from '../support/child-program.js';

test('text, bytes, nets that are authored, and their comparison need no protobufjs', () => {
  const result = childProgram(`
    const { L, NetSpec, P } = await import('./src/netspec/index.js');
    const { parsePrototxt } = await import('./src/proto/text/parser.js');
    const { formatPrototxt } = await import('./src/proto/text/printer.js');
    const { decodeNet, encodeNet } = await import('./src/proto/codec.js');
    const { CaffemodelReader } = await import('./src/proto/caffemodel-reader.js');
    const { resolve } = await import('./src/proto/message.js');
    const { diffNets } = await import('./src/diff/index.js');

    const n = new NetSpec();
    n.data = L.Input({ shape: { dim: [1, 3, 8, 8] } });
    n.pool = L.Pooling(n.data, { pool: P.Pooling.AVE, kernel_size: 2 });
    const bytes = encodeNet(parsePrototxt(formatPrototxt(n.toProto())));
    const { stride } = resolve('PoolingParameter', decodeNet(bytes).layer[1].pooling_param);
    const [before, after] = await Promise.all([CaffemodelReader.open(bytes), CaffemodelReader.open(bytes)]);
    const { same } = await diffNets(before, after);
    result = { stride, same, loaded: isLoaded('protobufjs') };`);
  expect(result).toEqual({ stride: 1, same: true, loaded: false });
});

test("a vendor's schema does need it", () => {
  const result = childProgram(`await import('./src/proto/parse-schema.js'); result = isLoaded('protobufjs');`);
  expect(result).toBe(true);
});
