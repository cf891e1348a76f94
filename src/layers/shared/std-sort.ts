/**
 * Sorting with the results of libstdc++ for equal elements. The forks sort detections by std::sort and std::partial_sort, which are
 * not stable: what follows depends on the order of equal scores.
 *
 * @source the published algorithm of libstdc++'s std::sort: introsort with a median of three, then insertion; heaps as a fallback
 */

/** Whether a goes before b. */
type Before<T> = (a: T, b: T) => boolean;

/** Ranges of at most so many elements are left to the insertion sort. */
const THRESHOLD = 16;

/** Sorts an array in place as std::sort does. */
export function stdSort<T>(array: T[], before: Before<T>): T[] {
  if (array.length < 2) return array;
  introsort(array, 0, array.length, 2 * Math.floor(Math.log2(array.length)), before);
  const head = Math.min(array.length, THRESHOLD);
  for (let i = 1; i < array.length; i++) insert(array, i, i < head, before);
  return array;
}

/**
 * Puts the first `count` elements of the order in front, as std::partial_sort does. The others follow in the order in which its heap
 * leaves them.
 */
export function stdPartialSort<T>(array: T[], count: number, before: Before<T>): T[] {
  heapSelect(array, 0, count, array.length, before);
  sortHeap(array, 0, count, before);
  return array;
}

function introsort<T>(array: T[], first: number, last: number, depth: number, before: Before<T>): void {
  while (last - first > THRESHOLD) {
    if (depth-- === 0) {
      heapSelect(array, first, last, last, before);
      sortHeap(array, first, last, before);
      return;
    }
    const cut = partition(array, first, last, before);
    introsort(array, cut, last, depth, before);
    last = cut;
  }
}

/** Partitions around the median of three, which moves to the front. */
function partition<T>(array: T[], first: number, end: number, before: Before<T>): number {
  const at = (i: number) => array[i]!;
  const [a, b, c] = [first + 1, first + Math.floor((end - first) / 2), end - 1];
  const median = before(at(a), at(b))
    ? before(at(b), at(c))
      ? b
      : before(at(a), at(c))
        ? c
        : a
    : before(at(a), at(c))
      ? a
      : before(at(b), at(c))
        ? c
        : b;
  swap(array, first, median);
  let [left, right] = [first + 1, end];
  for (;;) {
    while (before(at(left), at(first))) left++;
    right--;
    while (before(at(first), at(right))) right--;
    if (left >= right) return left;
    swap(array, left++, right);
  }
}

function swap(array: unknown[], i: number, j: number): void {
  [array[i], array[j]] = [array[j], array[i]];
}

/** Moves an element to its place among those before it; an element that goes before all of them moves at once where `guarded`. */
function insert<T>(array: T[], from: number, guarded: boolean, before: Before<T>): void {
  const value = array[from]!;
  let at = from;
  if (guarded && before(value, array[0]!)) at = 0;
  else while (before(value, array[at - 1]!)) at--;
  array.copyWithin(at + 1, at, from);
  array[at] = value;
}

function heapSelect<T>(array: T[], first: number, middle: number, last: number, before: Before<T>): void {
  const length = middle - first;
  for (let parent = Math.floor((length - 2) / 2); parent >= 0 && length > 1; parent--)
    adjustHeap(array, first, parent, length, array[first + parent]!, before);
  for (let i = middle; i < last; i++)
    if (length > 0 && before(array[i]!, array[first]!)) popHeap(array, first, length, i, before);
}

function sortHeap<T>(array: T[], first: number, last: number, before: Before<T>): void {
  while (last - first > 1) popHeap(array, first, --last - first, last, before);
}

function popHeap<T>(array: T[], first: number, length: number, result: number, before: Before<T>): void {
  const value = array[result]!;
  array[result] = array[first]!;
  adjustHeap(array, first, 0, length, value, before);
}

function adjustHeap<T>(array: T[], first: number, top: number, length: number, value: T, before: Before<T>): void {
  let [hole, child] = [top, top];
  while (child < Math.floor((length - 1) / 2)) {
    child = 2 * (child + 1);
    if (before(array[first + child]!, array[first + child - 1]!)) child--;
    array[first + hole] = array[first + child]!;
    hole = child;
  }
  if (length % 2 === 0 && child === Math.floor((length - 2) / 2)) {
    child = 2 * (child + 1);
    array[first + hole] = array[first + child - 1]!;
    hole = child - 1;
  }
  for (let parent = (hole - 1) >> 1; hole > top && before(array[first + parent]!, value); parent = (hole - 1) >> 1) {
    array[first + hole] = array[first + parent]!;
    hole = parent;
  }
  array[first + hole] = value;
}
