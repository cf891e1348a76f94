/**
 * A peer's process and the conversation with it; see peers/protocol.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Replies, Request } from './peers/protocol.js';

/** Lines of its stderr that are shown when a process ends unasked. */
const LAST_WORDS = 5;

export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: string[] = [];

  constructor(command: readonly string[], cwd: string) {
    this.#child = spawn(command[0]!, command.slice(1), { cwd, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
    // A program that does not exist, or a pipe to one that has gone: the reply that never comes tells.
    this.#child.on('error', (error) => this.#stderr.push(error.message));
    this.#child.stdin!.on('error', () => undefined);
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#stderr.push(line));
    this.#lines = createInterface({ input: this.#child.stdio[3] as Readable })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws Error with the engine's own message, or with its last words when it ended. */
  async ask<K extends Request['do']>(request: Extract<Request, { do: K }>): Promise<Replies[K]> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error(this.#stderr.slice(-LAST_WORDS).join('\n') || 'the process ended');
    const reply = JSON.parse(line.value) as Replies[K] | { error: string };
    if ('error' in reply) throw new Error(reply.error);
    return reply;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
