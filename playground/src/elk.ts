/** elk: ELK with its worker, which lays graphs out beside the page. */
import * as elkApi from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';

/** A CommonJS module, whose type declarations say otherwise. */
const ElkApi = elkApi.default as unknown as new (options: { workerUrl: string }) => object;

export default class Elk extends ElkApi {
  constructor() {
    super({ workerUrl });
  }
}
