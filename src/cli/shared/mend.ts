/** mend: `verify --fix`: writes the port with its mends made, and verifies what was written. */
import path from 'node:path';
import type { Net } from '../../runtime/net.js';
import type { ValuesOf } from './options.js';
import type { NET_POSITIONAL } from './net-options.js';
import type { Cause } from '../../verify/diagnosis.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NetReferences } from '../../verify/against.js';
import type { CommandContext } from './command.js';
import { loadNet, type NetOptions } from './load-net.js';
import { netState } from './net-options.js';

/** Mends are made again where a net that was mended shows faults which the first ones hid. */
const MOST_ROUNDS = 5;

export interface MendRequest {
  folder: string;
  options: NetOptions & ValuesOf<typeof NET_POSITIONAL> & { weights: string };
  /** The net that was verified, and what was found. */
  net: Net;
  report: VerifyReport;
  /** The references for a net. */
  referencesFor: (net: Net) => Promise<NetReferences>;
  /** Sets the inputs of a net. */
  setInputs: (net: Net) => Promise<void>;
  /** Verifies a net against references, its file being `text`. */
  verifyNet: (net: Net, references: NetReferences, prototxt: { file: string; text: string }) => Promise<VerifyReport>;
}

/** What became of it. */
export interface MendResult {
  prototxt: string;
  weights: string;
  map: string;
  /** Inputs that were written since they have to be fed otherwise. */
  inputs: string[];
  mended: Cause[];
  left: { cause: Cause; reason: string }[];
  /** The report on what was written. */
  report: VerifyReport;
}

/** Writes the mended port; undefined when there is nothing to mend. */
export async function writeMended(request: MendRequest, context: CommandContext): Promise<MendResult | undefined> {
  const { formatRuleFile, mendPort } = await import('../../node.js');
  const { npyFile } = await import('../../node/npy-folder.js');
  const { referenceRules } = await import('../../verify/patch/reference-rules.js');
  const { textFile, writeFilesAtomically } = await import('../../node/files.js');
  const { folder, options } = request;
  const state = await netState(options);
  const prototxt = path.join(folder, path.basename(options.net));
  const weights = path.join(folder, path.basename(options.weights));
  const map = path.join(folder, 'map.json');
  const mended: Cause[] = [];
  const inputs = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  let result: MendResult | undefined;
  let { net, report } = request;
  let change = (references: NetReferences): NetReferences => references;
  try {
    for (let round = 0; round < MOST_ROUNDS && report.causes.length > 0; round++) {
      const port = await mendPort(net, report, state);
      if (port.mended.length === 0) {
        if (!result) return undefined;
        result.left.push(...port.left);
        break;
      }
      mended.push(...port.mended);
      for (const [name, values] of port.inputs) inputs.set(name, values);
      const files = [
        { file: weights, fill: (sink: Parameters<typeof port.writeWeights>[0]) => port.writeWeights(sink) },
        textFile(prototxt, port.text),
        ...[...inputs].map(([name, { shape, data }]) => npyFile(path.join(folder, `${name}.npy`), shape, data)),
      ];
      await writeFilesAtomically(files, { makeFolders: true });
      const before = change;
      change = (given) => {
        const references = before(given);
        return { ...references, references: port.references(references.references) };
      };
      if (net !== request.net) net.dispose();
      net = await loadNet({ ...options, net: prototxt, weights }, context);
      await request.setInputs(net);
      for (const [name, { data }] of inputs) net.blobs.get(name)!.data.set(data);
      const references = change(await request.referencesFor(net));
      report = await request.verifyNet(net, references, { file: path.basename(prototxt), text: port.text });
      const written = [...inputs.keys()].map((name) => path.join(folder, `${name}.npy`));
      result = { prototxt, weights, map, inputs: written, mended, left: [...port.left], report };
    }
  } finally {
    if (net !== request.net) net.dispose();
  }
  if (result) await writeFilesAtomically([textFile(map, formatRuleFile(referenceRules(result.report)))]);
  return result;
}
