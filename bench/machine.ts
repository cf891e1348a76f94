/**
 * Which machine this is, and whether others were at work on it while something was measured (Linux only).
 */
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** CPU, memory and versions, in one line. */
export function machineName(): string {
  const [cpu] = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return (
    `${cpu?.model.trim() ?? 'unknown CPU'}, ${os.availableParallelism()} cores, ${gigabytes} GiB, ` +
    `${os.type()} ${os.release().split('-')[0]!}, Node ${process.versions.node} (V8 ${process.versions.v8.split('-')[0]!})`
  );
}

/** Processor seconds since some moment. */
export interface Usage {
  /** Of all processes, and of other guests of the same host. */
  all: number;
  /** Of one process. */
  own: number;
}

/** Usage of the machine and of a process; undefined where it cannot be known. */
export function usageOf(pid: number | undefined): Usage | undefined {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]!
      .split(/ +/)
      .slice(1)
      .map(Number);
    // After the process's name, which may hold anything, in parentheses; fields 14 and 15 of the whole line.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [utime = 0, stime = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    const TICKS = 100;
    return { all: (user + nice + system + irq + softirq + steal) / TICKS, own: (utime + stime) / TICKS };
  } catch {
    return undefined;
  }
}

/** Cores that others kept busy in the time between. */
export function othersBusy(before: Usage | undefined, after: Usage | undefined, seconds: number): number {
  if (!before || !after) return 0;
  return Math.max(0, after.all - before.all - (after.own - before.own)) / seconds;
}
