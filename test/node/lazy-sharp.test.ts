/** A program that reads no pictures never loads sharp, whose native library takes time and memory. */
import { expect, jest, test } from '@jest/globals';

let loaded = 0;
jest.unstable_mockModule('sharp', () => {
  loaded++;
  return { default: () => undefined };
});

test('sharp is loaded by the first picture, not with the library', async () => {
  const { decodeImage } = await import('../../src/node/image.js');
  expect(loaded).toBe(0);
  await expect(decodeImage(Uint8Array.from([1]))).rejects.toThrow();
  expect(loaded).toBe(1);
});
