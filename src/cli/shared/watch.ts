/** watch: builds a module again when a file beside it changes, in a new process each time, which loads the modules afresh. */
import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import { EXIT, type CommandContext, type ExitCode } from './command.js';
import { print } from './print.js';

/** Editors write a file in several steps: the build waits for the last of them. */
const QUIET_MS = 100;

/**
 * Builds with the words of this command line but `--watch`, now and after each change, until the process is interrupted.
 * @param output the file that is written, whose changes are no reason to build
 * @throws NetspecError when there is no such module
 */
export async function buildAgain(
  file: string,
  output: string | undefined,
  { stderr }: CommandContext,
): Promise<ExitCode> {
  if (!existsSync(file)) throw new NetspecError(`no file ${file}`);
  const words = process.argv.slice(1).filter((word) => !/^--watch(=|$)/.test(word));
  const folder = path.dirname(path.resolve(file));
  const ignored = output === undefined ? undefined : path.resolve(output);
  let isRunning = false;
  let isStale = false;
  const build = (): void => {
    if (isRunning) {
      isStale = true;
      return;
    }
    isRunning = true;
    spawn(process.execPath, [...process.execArgv, ...words], { stdio: 'inherit' }).once('exit', () => {
      isRunning = false;
      if (isStale) {
        isStale = false;
        build();
      }
    });
  };
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, (_, name) => {
    if (!/\.[cm]?[jt]s$/.test(name ?? '') || path.join(folder, name!) === ignored) return;
    clearTimeout(timer);
    timer = setTimeout(build, QUIET_MS);
  });
  build();
  print(stderr, `watching ${folder}; stop with Ctrl-C`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
  });
  watcher.close();
  clearTimeout(timer);
  return EXIT.ok;
}
