/**
 * Lets `toEqual` see at once that two arrays of numbers are the same: jest compares them element by element, with several calls
 * for each, a minute for a few million. What is not the same is left to jest, which says the difference.
 */
import { expect } from '@jest/globals';

expect.addEqualityTesters([(a, b) => (sameBytes(a, b) || sameNumbers(a, b) ? true : undefined)]);

/** Of typed arrays of one type, whatever NaNs are in them. */
function sameBytes(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false;
  return a.byteLength === b.byteLength && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sameNumbers(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length || a.length === 0) return false;
  return a.every((value, i) => typeof value === 'number' && Object.is(value, b[i]));
}
