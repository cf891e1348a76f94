/** net-options: the options of commands that read a net: its schema, and the state that it is built in. */
import type { Schema } from '../../proto/schema.js';
import { options, type ValuesOf } from './options.js';

/** The option of every command that reads or writes a net: the schema of a vendor's Caffe. */
export const SCHEMA_OPTIONS = options({
  proto: { type: 'string', describe: "a vendor's caffe.proto, for its own layers and fields" },
});

/** The schema that `--proto` names, or undefined for BVLC's. */
export async function readSchema(file: string | undefined): Promise<Schema | undefined> {
  if (file === undefined) return undefined;
  const [{ Schema }, { readText }] = await Promise.all([
    import('../../proto/parse-schema.js'),
    import('../../node/files.js'),
  ]);
  return Schema.parse(await readText(file), file);
}

/** Options of the commands that build a net: which state it is built in. */
export const STATE_OPTIONS = options({
  ...SCHEMA_OPTIONS,
  phase: { type: 'string', choices: ['TEST', 'TRAIN'], default: 'TEST', describe: 'phase of the net' },
  level: { type: 'number', default: 0, describe: 'level for include and exclude rules' },
  stage: { type: 'string', array: true, describe: 'stages for include and exclude rules' },
});
export type StateOptions = ValuesOf<typeof STATE_OPTIONS>;

/** The options of `Net.load` that the command line's state options stand for. */
export async function netState({ phase, level, stage, proto }: StateOptions) {
  return { phase, level, stages: stage, schema: await readSchema(proto) };
}

/** The net, of commands that take a prototxt first. */
export const NET_POSITIONAL = options({
  net: { type: 'string', required: true, describe: 'prototxt of the net' },
});
