/** net-options: the options of commands that read a net: its schema, its layer types, and the state that it is built in. */
import type { Schema } from '../../proto/schema.js';
import { options, type ValuesOf } from './options.js';

/** The option of every command that reads or writes a net: the schema of a vendor's Caffe. */
export const SCHEMA_OPTIONS = options({
  proto: { type: 'string', describe: "a vendor's caffe.proto, for its own layers and fields" },
});

/** The schema that `--proto` names, or undefined for BVLC's. */
export async function readSchema(nameOrFile: string | undefined): Promise<Schema | undefined> {
  if (nameOrFile === undefined) return undefined;
  const [{ Schema }, { readText }] = await Promise.all([
    import('../../proto/parse-schema.js'),
    import('../../node/files.js'),
  ]);
  return Schema.parse(await readText(nameOrFile), nameOrFile);
}

/** Options of the commands that build a net: which state it is built in. */
export const STATE_OPTIONS = options({
  ...SCHEMA_OPTIONS,
  phase: { type: 'string', choices: ['TEST', 'TRAIN'], default: 'TEST', describe: 'phase of the net' },
  level: { type: 'number', default: 0, describe: 'level for include and exclude rules' },
  stage: { type: 'string', array: true, describe: 'stages for include and exclude rules' },
  layers: {
    type: 'string',
    array: true,
    describe: 'FILE.ts or FILE.js with layer types of your own: it registers them, or exports their classes by type',
  },
});
export type StateOptions = ValuesOf<typeof STATE_OPTIONS>;

/** The options of `Net.load` that the command line's state options stand for. Registers the layers of `--layers`. */
export async function netState({ phase, level, stage, proto, layers }: StateOptions) {
  if (layers.length > 0) {
    const { loadLayers } = await import('../../node/load-layers.js');
    for (const file of layers) await loadLayers(file);
  }
  return { phase, level, stages: stage, schema: await readSchema(proto) };
}

/** The net, of commands that take a prototxt first. */
export const NET_POSITIONAL = options({
  net: { type: 'string', required: true, describe: 'prototxt of the net' },
});
