/** net-options: the options of commands that read a net: its schema, its layer types, and the state that it is built in. */
import type { Schema } from '../../proto/schema.js';
import { options, type ValuesOf } from './options.js';
import { parseShapes } from './values.js';

/** The option of every command that reads or writes a net: the schema of the one Caffe that the net is of. */
export const SCHEMA_OPTIONS = options({
  proto: {
    type: 'string',
    describe: "the Caffe that the net is of: a name that 'netspec list --schemas' prints, or a vendor's caffe.proto",
  },
});

/** The schema that `--proto` names; undefined without it: BVLC's, or that of the fork whose fields the net has. */
export async function readSchema(nameOrFile: string | undefined): Promise<Schema | undefined> {
  if (nameOrFile === undefined) return undefined;
  // A file has a dot or a slash in its name, which no fork has: caffe-1.0 apart.
  const { findFork, forkSchema } = await import('../../proto/forks/catalog.js');
  if (findFork(nameOrFile) || !/[./\\]/.test(nameOrFile)) return forkSchema(nameOrFile);
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
  shape: {
    type: 'string',
    array: true,
    describe: 'BLOB=1x3x224x224: the shape of an input, or of what a layer makes that is not run here',
  },
  layers: {
    type: 'string',
    array: true,
    describe: 'FILE.ts or FILE.js with layer types of your own: it registers them, or exports their classes by type',
  },
});
export type StateOptions = ValuesOf<typeof STATE_OPTIONS>;

/** The options of `Net.load` that the command line's state options stand for. Registers the layers of `--layers`. */
export async function netState({ phase, level, stage, proto, layers, shape }: StateOptions) {
  if (layers.length > 0) {
    const { loadLayers } = await import('../../node/load-layers.js');
    for (const file of layers) await loadLayers(file);
  }
  const blobShapes = shape.length > 0 ? parseShapes('shape', shape) : undefined;
  return { phase, level, stages: stage, schema: await readSchema(proto), blobShapes };
}

/** The net, of commands that read it and do not run it. */
export const NET_FILE_POSITIONAL = options({
  net: { type: 'string', required: true, describe: 'prototxt of the net, or a caffemodel that holds it' },
});

/** The net, of commands that run it. */
export const NET_POSITIONAL = options({
  net: { type: 'string', required: true, describe: 'prototxt of the net' },
});
