/** The sorts that two forks wrote themselves for their proposals. They are not stable, and what follows depends on equal scores. */

interface Scored {
  readonly score: number;
}

/**
 * Sorts by descending score so far that the first `count` are right.
 * @source sort_box of sanghoon/caffe (PVANet), nSort of Cambricon/caffe
 */
export function sortTop<T extends Scored>(array: T[], count: number, start = 0, end = array.length - 1): T[] {
  if (end < start) return array;
  const { score } = array[start]!;
  const swap = (i: number, j: number) => ([array[i], array[j]] = [array[j]!, array[i]!]);
  let [left, right] = [start + 1, end];
  while (left <= right) {
    while (left <= end && array[left]!.score >= score) left++;
    while (right > start && array[right]!.score <= score) right--;
    if (left <= right) swap(left++, right--);
  }
  if (right > start) swap(start, right);
  if (start < right - 1) sortTop(array, count, start, right - 1);
  if (right + 1 < count && right + 1 < end) sortTop(array, count, right + 1, end);
  return array;
}

/**
 * Sorts by descending score so far that the first `count` are right.
 * @source SortBBox of luoyetx/mini-caffe
 */
export function sortTopByHoles<T extends Scored>(array: T[], count: number, start = 0, end = array.length - 1): T[] {
  let from = start;
  // What lies behind is sorted in the next round, since equal scores would call one function for each of them.
  while (from <= end) {
    const pivot = array[from]!;
    let [first, last] = [from, end];
    while (first < last) {
      while (first < last && array[last]!.score <= pivot.score) last--;
      array[first] = array[last]!;
      while (first < last && array[first]!.score >= pivot.score) first++;
      array[last] = array[first]!;
    }
    array[first] = pivot;
    if (from < first - 1) sortTopByHoles(array, count, from, first - 1);
    if (first + 1 >= count) break;
    from = first + 1;
  }
  return array;
}

/**
 * Sorts by descending score.
 * @source Sort of the Proposal layer of Cambricon/caffe
 */
export function sortByExchange<T extends Scored>(array: T[], start = 0, length = array.length): T[] {
  const exchange = (i: number, j: number): boolean => {
    if (!(array[start + i]!.score < array[start + j]!.score)) return false;
    [array[start + i], array[start + j]] = [array[start + j]!, array[start + i]!];
    return true;
  };
  if (length === 2) exchange(0, 1);
  if (length < 3) return array;
  let [i, j] = [0, length - 1];
  while (j > i) {
    for (; j > i; j--) if (exchange(i, j)) break;
    for (; i < j; i++) if (exchange(i, j)) break;
  }
  sortByExchange(array, start, i + 1);
  return sortByExchange(array, start + i + 1, length - i - 1);
}
