/** A program that reads no pictures never loads sharp, whose native library takes time and memory. */
import { expect, test } from '@jest/globals';
import { childProgram } from '../support/child-program.js';

test('sharp is loaded by the first picture, not with the library', () => {
  const result = childProgram(`
    const { decodeImage } = await import('./src/node/image.js');
    const before = isLoaded('sharp');
    const refused = await decodeImage(Uint8Array.from([1])).catch((error) => error.name);
    result = { before, refused, after: isLoaded('sharp') };`);
  expect(result).toEqual({ before: false, refused: 'NetspecError', after: true });
});
