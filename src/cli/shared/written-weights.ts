/** Weights that a command has just written and reads again: with their own schema, so that it remarks on nothing of its own. */
import type { NetParameter } from '../../generated/messages.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import { schemaOf } from '../../proto/message.js';
import type { Schema } from '../../proto/parse-schema.js';

/**
 * Opens weights for as long as an action takes.
 * @param written the caffemodel's path or bytes
 * @param net the net that they were written for
 * @param schema the one that the user named, if any
 */
export async function withWrittenWeights<T>(
  written: string | Uint8Array,
  { net, schema = schemaOf(net) }: { net: NetParameter; schema?: Schema | undefined },
  action: (weights: CaffemodelReader) => Promise<T>,
): Promise<T> {
  const { CaffemodelReader, openFile } = await import('../../node.js');
  if (typeof written !== 'string') return action(await CaffemodelReader.open(written, { schema }));
  const source = await openFile(written);
  try {
    return await action(await CaffemodelReader.open(source, { schema }));
  } finally {
    await source.close();
  }
}
