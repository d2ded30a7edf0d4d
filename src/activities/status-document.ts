import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { StatusView } from '../domain/views.ts';
import { toStatusMarkdown } from './status-markdown.ts';

const EVERY_MS = 3_000;

/** Keeps `status.md` of each execution up to date while this worker runs attempts of it. */
export interface StatusDocuments {
  /** Call once per attempt; the answer ends the watch. */
  watch(executionId: string): () => void;
  /** Writes the document from a status at hand, such as the last one. */
  write(executionId: string, status: StatusView): Promise<void>;
  close(): void;
}

export interface StatusDocumentDeps {
  /** Queries a workflow; rejects when it cannot be reached. */
  readonly query: (workflowId: string, name: string, input: unknown) => Promise<unknown>;
  readonly store: Pick<ArtifactStore, 'writeDocument'>;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
  readonly everyMs?: number;
}

interface Watched {
  attempts: number;
  text: string | null;
  timer: NodeJS.Timeout | null;
  writing: Promise<void>;
}

/**
 * One query per execution every 3 s, and one more after its last attempt here; an unchanged text is not written again. A status
 * that cannot be had is tried again at the next beat: a live document must never fail an attempt.
 */
export function createStatusDocuments(deps: StatusDocumentDeps): StatusDocuments {
  const watched = new Map<string, Watched>();
  let isClosed = false;

  const write = async (executionId: string, status: StatusView, last: Watched | null): Promise<void> => {
    const text = toStatusMarkdown(status);
    if (last?.text === text) return;
    await deps.store.writeDocument(executionId, 'status.md', text);
    if (last !== null) last.text = text;
  };
  const refresh = async (executionId: string, state: Watched): Promise<void> => {
    const isLast = state.attempts === 0;
    try {
      // The answer comes from a workflow of this package, whose type it has.
      const status = (await deps.query(executionId, 'status', {})) as StatusView;
      if (watched.get(executionId) === state) await (state.writing = write(executionId, status, state));
    } catch (error) {
      deps.log.debug('status.md could not be updated and will be tried again', { executionId, error: String(error) });
    }
    state.timer = null;
    if (watched.get(executionId) !== state) return;
    if (isLast && state.attempts === 0) watched.delete(executionId);
    else schedule(executionId, state);
  };
  const schedule = (executionId: string, state: Watched): void => {
    if (isClosed || state.timer !== null) return;
    state.timer = setTimeout(() => void refresh(executionId, state), deps.everyMs ?? EVERY_MS);
    state.timer.unref();
  };

  return {
    watch(executionId) {
      const state = watched.get(executionId) ?? { attempts: 0, text: null, timer: null, writing: Promise.resolve() };
      watched.set(executionId, state);
      state.attempts += 1;
      schedule(executionId, state);
      let isWatching = true;
      return () => {
        if (isWatching) state.attempts -= 1;
        isWatching = false;
      };
    },
    async write(executionId, status) {
      // The execution has ended: a query or a write that is still under way must not overwrite this.
      const state = watched.get(executionId);
      watched.delete(executionId);
      if (state !== undefined && state.timer !== null) clearTimeout(state.timer);
      await state?.writing.catch(() => undefined);
      await write(executionId, status, null);
    },
    close() {
      isClosed = true;
      for (const { timer } of watched.values()) if (timer !== null) clearTimeout(timer);
      watched.clear();
    },
  };
}
