/**
 * Sharing work among threads: a job is a kernel, the address of its task, and a number of units that the threads take one
 * by one. The thread that runs the net is number 0 and takes part; helpers run {@link team_work}. With no helpers, or
 * with memory that is not shared, a job is a plain loop.
 */
import { f32_pack__simd, f32_product__simd } from './product';
import { runRange } from './ranges';
import {
  f32_winograd_input__simd,
  f32_winograd_kernels__simd,
  f32_winograd_outputs__simd,
  f32_winograd_tiles__simd,
} from './winograd';

/** The state that threads share; all fields are accessed atomically. One for each memory. */
@unmanaged
class Team {
  /** Counts jobs; helpers wait for it to change. */
  job: i32;
  /** The job: its number in {@link runUnit}, its task, and how many units it has. */
  kind: i32;
  task: i32;
  units: i32;
  /** The next unit to take; CLOSED or more between jobs. */
  next: i32;
  /** Helpers that may be at work. */
  busy: i32;
  /** Helpers that sleep until `job` changes. */
  asleep: i32;
  /** Helpers that have arrived. */
  present: i32;
  /** 1 when helpers are to leave. */
  over: i32;
}

const CLOSED: i32 = 0x40000000;
/**
 * Looks at `job` before a helper goes to sleep: less than a millisecond, but longer than most gaps between two jobs of a
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
      runRange(task, unit, worker);
      break;
    default:
      unreachable();
  }
}

/** Runs a job in this thread alone. */
export function team_run_alone__scalar(kind: i32, task: usize, units: i32): void {
  for (let unit = 0; unit < units; unit++) runUnit(kind, task, unit, 0);
}

/** Runs a job together with the helpers that are there; returns when all of it is done. */
export function team_run__scalar(team: usize, kind: i32, task: usize, units: i32): void {
  atomic.store<i32>(team + offsetof<Team>('kind'), kind);
  atomic.store<i32>(team + offsetof<Team>('task'), task);
  atomic.store<i32>(team + offsetof<Team>('units'), units);
  atomic.store<i32>(team + offsetof<Team>('next'), 0);
  atomic.add<i32>(team + offsetof<Team>('job'), 1);
  if (atomic.load<i32>(team + offsetof<Team>('asleep')) > 0) atomic.notify(team + offsetof<Team>('job'), -1);
  takeUnits(team, 0);
  // A helper that comes now, or comes late, takes a number beyond any unit's and looks at nothing else.
  atomic.store<i32>(team + offsetof<Team>('next'), CLOSED);
  while (atomic.load<i32>(team + offsetof<Team>('busy')) > 0) {}
}

function takeUnits(team: usize, worker: usize): void {
  let unit = atomic.add<i32>(team + offsetof<Team>('next'), 1);
  // Only who holds a number below CLOSED may look at the job: between two jobs it changes.
  if (unit >= CLOSED) return;
  const kind = atomic.load<i32>(team + offsetof<Team>('kind'));
  const task = atomic.load<i32>(team + offsetof<Team>('task'));
  const units = atomic.load<i32>(team + offsetof<Team>('units'));
  while (unit < units) {
    runUnit(kind, task, unit, worker);
    unit = atomic.add<i32>(team + offsetof<Team>('next'), 1);
  }
}

/** What a helper does all its life, until {@link team_dismiss__scalar}. */
export function team_work__scalar(team: usize, worker: usize): void {
  atomic.add<i32>(team + offsetof<Team>('present'), 1);
  let seen = atomic.load<i32>(team + offsetof<Team>('job')) - 1;
  while (!atomic.load<i32>(team + offsetof<Team>('over'))) {
    const job = atomic.load<i32>(team + offsetof<Team>('job'));
    if (job == seen) {
      let looks = LOOKS;
      while (--looks && atomic.load<i32>(team + offsetof<Team>('job')) == seen) {}
      if (looks) continue;
      atomic.add<i32>(team + offsetof<Team>('asleep'), 1);
      atomic.wait<i32>(team + offsetof<Team>('job'), seen, -1);
      atomic.sub<i32>(team + offsetof<Team>('asleep'), 1);
      continue;
    }
    seen = job;
    atomic.add<i32>(team + offsetof<Team>('busy'), 1);
    takeUnits(team, worker);
    atomic.sub<i32>(team + offsetof<Team>('busy'), 1);
  }
  atomic.sub<i32>(team + offsetof<Team>('present'), 1);
}

/** Prepares the state of a team without helpers. */
export function team_found__scalar(team: usize): void {
  memory.fill(team, 0, offsetof<Team>());
  atomic.store<i32>(team + offsetof<Team>('next'), CLOSED);
}

/** How many helpers have arrived. */
export function team_present__scalar(team: usize): i32 {
  return atomic.load<i32>(team + offsetof<Team>('present'));
}

/** Sends the helpers away. */
export function team_dismiss__scalar(team: usize): void {
  atomic.store<i32>(team + offsetof<Team>('over'), 1);
  atomic.add<i32>(team + offsetof<Team>('job'), 1);
  atomic.notify(team + offsetof<Team>('job'), -1);
}
