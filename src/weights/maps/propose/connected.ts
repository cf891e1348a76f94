/** What competes for the same things, together: the connected parts of a graph between members and what they want. */

/**
 * The members in parts that want nothing in common with each other, each in the members' order.
 * @param wants what a member wants, at least one thing
 */
export function connected<T>(members: readonly T[], wants: (member: T) => Iterable<number>): T[][] {
  /** A step towards what stands for all that hangs together with a thing. */
  const parent = new Map<number, number>();
  const root = (thing: number): number => {
    let at = thing;
    for (let up; (up = parent.get(at)) !== undefined && up !== at;) {
      // Shortens the way for the next who ask.
      const above = parent.get(up) ?? up;
      parent.set(at, above);
      at = above;
    }
    return at;
  };
  const firsts = members.map((member) => {
    const [first, ...others] = wants(member);
    if (first === undefined) return undefined;
    for (const other of others) parent.set(root(other), root(first));
    return first;
  });
  const parts = new Map<number | undefined, T[]>();
  for (const [i, member] of members.entries()) {
    const first = firsts[i];
    const key = first === undefined ? undefined : root(first);
    const part = parts.get(key);
    if (part) part.push(member);
    else parts.set(key, [member]);
  }
  return [...parts.values()];
}
