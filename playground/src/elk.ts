/** elk: what takes the place of ELK's bundle, which lays graphs out on the page's own thread. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { elk } from './elk-worker.js';

export default class Elk {
  layout(graph: ElkNode): Promise<ElkNode> {
    return elk.layout(graph);
  }
}
