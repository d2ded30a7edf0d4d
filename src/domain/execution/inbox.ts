import type { InboxItem } from '../views.ts';
import { toPendingItem } from './amendments/pending-item.ts';
import { ownEscalationItems } from './escalation-state.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

interface Listed {
  readonly item: InboxItem;
  /** The sprint that takes the answer; null for an item of the execution itself. */
  readonly owner: string | null;
  /** Id of the item where it is answered. */
  readonly idThere: string;
}

/**
 * Everything that waits on a person, sprints' items included. Task ids are unique in a plan, and so are the items of tasks; what a
 * sprint asks for itself (`paused`, `stopped`, `agent/<id>`) others ask for too, and is `<sprint>/paused` here. Budgets are named by level and id.
 */
function listItems(state: ExecutionState): Listed[] {
  const own = [...Object.values(state.inbox), ...ownEscalationItems(state)].map(({ deadlineMs: _deadlineMs, ...item }) => ({
    item,
    owner: null,
    idThere: item.itemId,
  }));
  const told = state.sprints.flatMap(({ id: owner, state: now, progress }) =>
    (now === 'started' ? (progress?.inbox ?? []) : []).map((item) => ({
      item: { ...item, itemId: itemIdOf(owner, item) },
      owner,
      idThere: item.itemId,
    })),
  );
  const pending = isExecutionFinal(state.phase) ? null : (state.amendments?.pending ?? null);
  const awaited = pending && !pending.granted ? [toPendingItem(state, pending)] : [];
  return [...awaited.map((item) => ({ item, owner: null, idThere: item.itemId })), ...own, ...told];
}

/** Id of a sprint's item in the inbox of its execution. */
export const itemIdOf = (owner: string, { itemId, kind, task }: InboxItem): string =>
  task !== null || kind === 'topUp' ? itemId : `${owner}/${itemId}`;

/** Each once: sprints that have used up a budget that they share ask the same. */
export const allItems = (state: ExecutionState): InboxItem[] => [
  ...new Map(listItems(state).map(({ item }) => [item.itemId, item])).values(),
];

export const findItem = (state: ExecutionState, itemId: string): Listed | undefined =>
  listItems(state).find(({ item }) => item.itemId === itemId);

/** Ids of all sprints that ask the same. */
export const ownersOf = (state: ExecutionState, itemId: string): string[] =>
  listItems(state).flatMap(({ item, owner }) => (item.itemId === itemId && owner !== null ? [owner] : []));
