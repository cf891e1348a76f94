/** elk-worker: ELK in a worker, begun with the page. */
import * as elkApi from 'elkjs/lib/elk-api.js';
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';

interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** A CommonJS module, whose type declarations say otherwise. */
const ElkApi = elkApi.default as unknown as new (options: { workerUrl: string }) => LayoutEngine;

/** One for all layouts: its program is large, and is faster each time. */
export const elk = new ElkApi({ workerUrl });
// The program is compiled while the page reads the net.
void elk.layout({ id: 'first', layoutOptions: { 'elk.algorithm': 'layered' }, children: [{ id: 'n' }] });
