/** Writing a message without being told of which Caffe it is. */
import { NetspecError } from '../../errors.js';
import { schemaOf } from '../message.js';
import { defaultSchema, type Schema } from '../schema.js';
import { evidenceOfMessage } from './evidence.js';
import { lacksSome } from './fit.js';
import { PACKAGE } from './fork-table.js';
import { recognize } from './recognize.js';

/**
 * Does something with a message that needs a schema: first with the one that it was read with, or BVLC's. Where a field does not fit
 * that, since a program added it or made the message, then with that of the fork that has the message's fields.
 */
export function withSchemaOf<T>(message: object, typeName: string, action: (schema: Schema) => T): T {
  const schema = schemaOf(message) ?? defaultSchema();
  try {
    return action(schema);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const evidence = evidenceOfMessage(message);
    if (!lacksSome(schema.definition, `${PACKAGE}.${typeName}`, evidence)) throw error;
    const recognized = recognize(evidence, typeName)?.schema;
    if (!recognized || recognized === schema) throw error;
    return action(recognized);
  }
}
