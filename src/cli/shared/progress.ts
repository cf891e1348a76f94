/** progress: a bar on stderr for long work, where someone is watching; nothing where stderr is a file or a pipe. */
import type { Output } from './print.js';
import { visible } from './visible.js';

export interface Progress {
  update: (done: number, total: number, what: string) => void;
  stop: () => void;
}

/** A bar labelled `title`; `unit` turns a count into what is shown. */
export async function createProgress(
  title: string,
  out: Output,
  unit: (n: number) => string = String,
): Promise<Progress> {
  if (!out.isTTY) return { update: () => undefined, stop: () => undefined };
  const { SingleBar, Presets } = (await import('cli-progress')).default;
  const bar = new SingleBar(
    {
      format: `${title} {bar} {percentage}% {done}/{all} {what}`,
      stream: out as unknown as NodeJS.WritableStream,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update: (done, total, what) => {
      const payload = { done: unit(done), all: unit(total), what: visible(what) };
      if (started) bar.update(done, payload);
      else bar.start(total, done, payload);
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}
