/** json-object: the JSON directories of weight files. */
import { NetspecError } from '../errors.js';

/**
 * The object that the bytes hold.
 * @param what it should be, for the error
 * @throws NetspecError when they are no JSON, or JSON of something else
 */
export function parseJsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new NetspecError(`malformed ${what}: it is no JSON`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new NetspecError(`malformed ${what}: expected an object`);
}
