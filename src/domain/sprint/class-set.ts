/** A set of classes of tasks (small numbers) that events fill and empty all the time: without hashing, and used again. */
export interface ClassSet {
  /** In no order. */
  readonly members: number[];
  /** By class. */
  readonly isMember: boolean[];
}

export const noClasses = (): ClassSet => ({ members: [], isMember: [] });

export function addClass({ members, isMember }: ClassSet, group: number): void {
  if (isMember[group]) return;
  isMember[group] = true;
  members.push(group);
}

/** Removes the member at that place, which the last one takes. */
export function removeClassAt({ members, isMember }: ClassSet, place: number): void {
  isMember[members[place] as number] = false;
  const last = members.pop() as number;
  if (place < members.length) members[place] = last;
}

export function clearClasses(set: ClassSet): void {
  while (set.members.length > 0) removeClassAt(set, set.members.length - 1);
}
