/** Writing a message without being told of which Caffe it is. */
import { NetspecError } from '../../errors.js';
import type { MessageType } from '../descriptor.js';
import { schemaOf } from '../message.js';
import { defaultSchema, type Schema } from '../schema.js';
import { evidenceOfMessage } from './evidence.js';
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
    if (!(error instanceof NetspecError) || knowsFields(schema.message(typeName), message)) throw error;
    const recognized = recognize(evidenceOfMessage(message), typeName)?.schema;
    if (!recognized || recognized === schema) throw error;
    return action(recognized);
  }
}

/** Whether a type has all fields of a message, and of the messages in it. */
function knowsFields(type: MessageType, message: object): boolean {
  return Object.entries(message).every(([name, value]) => {
    if (value === undefined) return true;
    const field = type.byName.get(name);
    const { messageType } = field ?? {};
    if (!messageType) return field !== undefined;
    return [value as unknown]
      .flat()
      .every((each) => typeof each !== 'object' || each === null || knowsFields(messageType, each));
  });
}
