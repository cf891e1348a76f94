/**
 * Sharing work among threads: a job is a kernel, the address of its task, and a number of units that the threads take one
 * by one. The thread that runs the net is number 0 and takes part; workers run {@link pool_work}. With no workers, or
 * with memory that is not shared, a job is a plain loop.
 */
import { f32_pack__simd, f32_product__simd } from './product';
import { parallelFor } from './ranges';
import {
  f32_winograd_input__simd,
  f32_winograd_kernels__simd,
  f32_winograd_outputs__simd,
  f32_winograd_tiles__simd,
} from './winograd';

/** The state that threads share; all fields are accessed atomically. One for each memory. */
@unmanaged
class ThreadPool {
  /** Counts jobs; workers wait for it to change. */
  job: i32;
  /** The job: its number in {@link runUnit}, its task, and how many units it has. */
  kind: i32;
  task: i32;
  units: i32;
  /** The next unit to take; CLOSED or more between jobs. */
  next: i32;
  /** Workers that may be at work. */
  busy: i32;
  /** Workers that sleep until `job` changes. */
  asleep: i32;
  /** Workers that have arrived. */
  present: i32;
  /** 1 when workers are to leave. */
  over: i32;
}

const CLOSED: i32 = 0x40000000;
/**
 * Looks at `job` before a worker goes to sleep: less than a millisecond, but longer than most gaps between two jobs of a
 * pass. Waking up takes tens of microseconds, and there are some two hundred jobs in a pass of a ResNet.
 */
const LOOKS: i32 = 300000;

function runUnit(kind: i32, task: usize, unit: usize, worker: usize): void {
  switch (kind) {
    case 0:
      f32_pack__simd(task, unit, worker);
      break;
    case 1:
      f32_product__simd(task, unit, worker);
      break;
    case 2:
      f32_winograd_input__simd(task, unit, worker);
      break;
    case 3:
      f32_winograd_outputs__simd(task, unit, worker);
      break;
    case 4:
      f32_winograd_kernels__simd(task, unit, worker);
      break;
    case 5:
      f32_winograd_tiles__simd(task, unit, worker);
      break;
    case 6:
      parallelFor(task, unit, worker);
      break;
    default:
      unreachable();
  }
}

/** Runs a job in this thread alone. */
export function pool_run_alone__scalar(kind: i32, task: usize, units: i32): void {
  for (let unit = 0; unit < units; unit++) runUnit(kind, task, unit, 0);
}

/** Runs a job together with the workers that are there; returns when all of it is done. */
export function pool_run__scalar(pool: usize, kind: i32, task: usize, units: i32): void {
  atomic.store<i32>(pool + offsetof<ThreadPool>('kind'), kind);
  atomic.store<i32>(pool + offsetof<ThreadPool>('task'), task);
  atomic.store<i32>(pool + offsetof<ThreadPool>('units'), units);
  atomic.store<i32>(pool + offsetof<ThreadPool>('next'), 0);
  atomic.add<i32>(pool + offsetof<ThreadPool>('job'), 1);
  if (atomic.load<i32>(pool + offsetof<ThreadPool>('asleep')) > 0)
    atomic.notify(pool + offsetof<ThreadPool>('job'), -1);
  takeUnits(pool, 0);
  // A worker that comes now, or comes late, takes a number beyond any unit's and looks at nothing else.
  atomic.store<i32>(pool + offsetof<ThreadPool>('next'), CLOSED);
  while (atomic.load<i32>(pool + offsetof<ThreadPool>('busy')) > 0) {}
}

function takeUnits(pool: usize, worker: usize): void {
  let unit = atomic.add<i32>(pool + offsetof<ThreadPool>('next'), 1);
  // Only who holds a number below CLOSED may look at the job: between two jobs it changes.
  if (unit >= CLOSED) return;
  const kind = atomic.load<i32>(pool + offsetof<ThreadPool>('kind'));
  const task = atomic.load<i32>(pool + offsetof<ThreadPool>('task'));
  const units = atomic.load<i32>(pool + offsetof<ThreadPool>('units'));
  while (unit < units) {
    runUnit(kind, task, unit, worker);
    unit = atomic.add<i32>(pool + offsetof<ThreadPool>('next'), 1);
  }
}

/** What a worker does all its life, until {@link pool_stop__scalar}. */
export function pool_work__scalar(pool: usize, worker: usize): void {
  atomic.add<i32>(pool + offsetof<ThreadPool>('present'), 1);
  let seen = atomic.load<i32>(pool + offsetof<ThreadPool>('job')) - 1;
  while (!atomic.load<i32>(pool + offsetof<ThreadPool>('over'))) {
    const job = atomic.load<i32>(pool + offsetof<ThreadPool>('job'));
    if (job == seen) {
      let looks = LOOKS;
      while (--looks && atomic.load<i32>(pool + offsetof<ThreadPool>('job')) == seen) {}
      if (looks) continue;
      atomic.add<i32>(pool + offsetof<ThreadPool>('asleep'), 1);
      atomic.wait<i32>(pool + offsetof<ThreadPool>('job'), seen, -1);
      atomic.sub<i32>(pool + offsetof<ThreadPool>('asleep'), 1);
      continue;
    }
    seen = job;
    atomic.add<i32>(pool + offsetof<ThreadPool>('busy'), 1);
    takeUnits(pool, worker);
    atomic.sub<i32>(pool + offsetof<ThreadPool>('busy'), 1);
  }
  atomic.sub<i32>(pool + offsetof<ThreadPool>('present'), 1);
}

/** Prepares the state of a pool without workers. */
export function pool_init__scalar(pool: usize): void {
  memory.fill(pool, 0, offsetof<ThreadPool>());
  atomic.store<i32>(pool + offsetof<ThreadPool>('next'), CLOSED);
}

/** How many workers have arrived. */
export function pool_present__scalar(pool: usize): i32 {
  return atomic.load<i32>(pool + offsetof<ThreadPool>('present'));
}

/** Sends the workers away. */
export function pool_stop__scalar(pool: usize): void {
  atomic.store<i32>(pool + offsetof<ThreadPool>('over'), 1);
  atomic.add<i32>(pool + offsetof<ThreadPool>('job'), 1);
  atomic.notify(pool + offsetof<ThreadPool>('job'), -1);
}
