/** netspec view: the playground with a net: its text, its graph and its values in a browser. */
import { fileURLToPath } from 'node:url';
import { defineCommand, EXIT } from '../shared/command.js';
import { print } from '../shared/print.js';
import { checkCount } from '../shared/values.js';
import { packageFolder } from '../version.js';

export const command = defineCommand({
  name: 'view',
  describe: 'edit, draw and run a net in the browser',
  usage: '[NET] [-w W]',
  positionals: { net: { type: 'string', describe: 'prototxt of the net; the page has examples' } },
  options: {
    weights: { type: 'string', alias: 'w', describe: 'weights of any format; without them the page takes random ones' },
    port: { type: 'number', describe: 'port to serve on; default: any that is free' },
    export: { type: 'string', describe: 'write the page into a folder, for any web server, and serve nothing' },
  },
  examples: [
    ['$0 net.prototxt -w net.caffemodel', 'prints the address to open; Ctrl-C ends it'],
    ['$0 net.prototxt -w net.caffemodel --export page', 'a page that runs on one thread anywhere'],
  ],
  run: async ({ net, weights, port, export: target }, { stdout, stderr }) => {
    checkCount('port', port);
    const [{ exportView, viewFiles }, { serveView }] = await Promise.all([
      import('../view/files.js'),
      import('../view/server.js'),
    ]);
    const folder = fileURLToPath(new URL('playground/dist', packageFolder()));
    const files = viewFiles(folder, net, weights);
    if (target !== undefined) {
      await exportView(files, target);
      print(stdout, `wrote ${target}`);
      return EXIT.ok;
    }
    const serving = await serveView(files, port ?? 0);
    print(stdout, serving.url);
    print(stderr, 'open this address in a browser; Ctrl-C ends the server');
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await serving.close();
    return EXIT.ok;
  },
});
