/**
 * Tensors whose values are in a file beside the model. The file must be in the model's folder or below it: a path that
 * leads elsewhere is refused, for models come from strangers.
 */
import { NetspecError } from '../../errors.js';
import type { RandomAccess } from '../../proto/random-access.js';

/**
 * Opens a file by its path from the model's folder; '/' between its parts, none of which is '..'.
 * @throws NetspecError when it cannot be read, or is a link that leads out of the folder
 */
export type OpenBeside = (path: string) => Promise<RandomAccess>;

export interface ExternalFiles {
  read(fields: ReadonlyMap<string, string>, bytes: number, tensor: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function externalFiles(openBeside?: OpenBeside): ExternalFiles {
  const open = new Map<string, RandomAccess>();
  return {
    async read(fields, bytes, tensor) {
      const say = (what: string, hint?: string): NetspecError =>
        new NetspecError(`the tensor '${tensor}' ${what}`, { hint });
      const location = checkLocation(fields.get('location') ?? '', say);
      if (!openBeside)
        throw say(`is in the file '${location}', which is not at hand`, 'give the path of the model, not its bytes');
      const offset = wholeNumber(fields.get('offset'), 0);
      const length = wholeNumber(fields.get('length'), bytes);
      if (offset === undefined || length === undefined)
        throw say(
          `is in '${location}' at offset '${fields.get('offset') ?? ''}', length '${fields.get('length') ?? ''}'`,
        );
      if (length !== bytes)
        throw say(`takes ${bytes} bytes by its shape, and is said to have ${length} in '${location}'`);
      let file = open.get(location);
      if (!file) {
        try {
          file = await openBeside(location);
        } catch (error) {
          if (!(error instanceof NetspecError)) throw error;
          throw new NetspecError(
            `the tensor '${tensor}' is in the file '${location}', which cannot be read: ${error.reason}`,
            {
              hint: 'put the file beside the model, under the name that it had when the model was saved',
              cause: error,
            },
          );
        }
        open.set(location, file);
      }
      if (offset + length > file.size)
        throw say(`is in '${location}' from byte ${offset} to ${offset + length}; the file has ${file.size}`);
      const values = new Uint8Array(length);
      await file.read(offset, values);
      return values;
    },
    async close() {
      for (const file of open.values()) await file.close();
    },
  };
}

function checkLocation(location: string, say: (what: string, hint?: string) => NetspecError): string {
  const parts = location.split(/[\\/]/).filter((part) => part !== '.');
  const leadsOut =
    location === '' ||
    /^[\\/]/.test(location) ||
    /^[A-Za-z]:/.test(location) ||
    location.includes('\0') ||
    parts.some((part) => part === '..' || part === '');
  if (leadsOut)
    throw say(
      `is said to be in '${location.replace(/\0/g, '\\0')}', which is no file in the model's folder`,
      'save the model again with a plain file name as location',
    );
  return parts.join('/');
}

function wholeNumber(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}
