/**
 * The words in which something is refused, for tests that assert the whole message.
 */
import { expect } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';

/** The message of the NetspecError that `action` throws or rejects with. */
export async function refusal(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(NetspecError);
    return (error as NetspecError).message;
  }
  throw new Error('expected a refusal, there was none');
}
