import type { InboxItem } from '../views.ts';
import type { ExecutionState } from './state.ts';

interface Listed {
  readonly item: InboxItem;
  /** The sprint that takes the answer; null for an item of the execution itself. */
  readonly owner: string | null;
  /** Id of the item where it is answered. */
  readonly idThere: string;
}

/**
 * Everything that waits on a person, sprints' items included. Task ids are unique in a plan, and so are the items of tasks; what a
 * sprint asks for itself (`paused`, `stopped`, `agent/<id>`) others ask for too, and is `<sprint>/paused` here.
 */
function listItems(state: ExecutionState): Listed[] {
  const own = Object.values(state.inbox).map(({ deadlineMs: _deadlineMs, ...item }) => ({
    item,
    owner: null,
    idThere: item.itemId,
  }));
  const told = state.sprints.flatMap(({ id: owner, state: now, progress }) =>
    (now === 'started' ? (progress?.inbox ?? []) : []).map((item) => {
      const itemId = item.task === null ? `${owner}/${item.itemId}` : item.itemId;
      return { item: { ...item, itemId }, owner, idThere: item.itemId };
    }),
  );
  return [...own, ...told];
}

export const allItems = (state: ExecutionState): InboxItem[] => listItems(state).map(({ item }) => item);

export const findItem = (state: ExecutionState, itemId: string): Listed | undefined =>
  listItems(state).find(({ item }) => item.itemId === itemId);
