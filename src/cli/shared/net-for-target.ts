/** net-for-target: what lint and convert share: a net that is text, and the targets that the command line names. */
import { isBinary, readHead, wrongKind } from '../../proto/file-kinds/index.js';

/** @throws NetspecError for a file that is no text. */
export async function checkIsText(file: string): Promise<void> {
  const { openFile } = await import('../../node/files.js');
  const source = await openFile(file);
  try {
    const head = await readHead(source);
    const wrong = isBinary(head) ? wrongKind(head, 'net', true) : undefined;
    if (wrong) throw wrong.within({ file });
  } finally {
    await source.close();
  }
}

/** A target by its name, or out of a JSON file of the user's own. */
export async function targetOf(name: string) {
  const [{ parseTarget }, { targetNamed }, { readText }] = await Promise.all([
    import('../../lint/targets/parse-target.js'),
    import('../../lint/targets/index.js'),
    import('../../node/files.js'),
  ]);
  return /\.json$/i.test(name) ? parseTarget(await readText(name), name) : targetNamed(name);
}
