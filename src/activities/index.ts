import type { AgentRunner } from '../adapters/agents/agent-runner.ts';
import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { Workspaces } from '../adapters/workspaces/directory-workspaces.ts';
import { createAskAgent } from './ask-agent.ts';
import { createPageStore, withPackedInput, withPacking } from './blob-pages.ts';
import { createHeartbeats, whileBeating } from './heartbeat.ts';
import { createJournal, createWriteReport } from './journal.ts';
import { createMailbox } from './mailbox.ts';
import { createNotify } from './notify.ts';
import { createPerformTask } from './perform-task.ts';
import { planOrderInSteps } from './plan-order.ts';
import { createPrepare, createProbeAgents, type PrepareDeps } from './prepare.ts';
import { createStatusBatcher } from './status-batcher.ts';
import { createStatusDocuments } from './status-document.ts';
import { createTestAdditions } from './test-additions.ts';
import { createUndoSteps } from './undo-steps.ts';
import { createWatchProbes } from './watch-probes.ts';
import { createWriteReview } from './write-review.ts';
import type { TemporalCalls } from './temporal-calls.ts';

/** What the activities of one worker are made of. */
export interface ActivityDeps extends PrepareDeps {
  readonly runner: AgentRunner;
  readonly store: ArtifactStore;
  readonly workspaces: Workspaces;
  readonly temporal: TemporalCalls;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
}

/** The activities of one worker, by the task queue that they belong on. */
export type PactActivities = ReturnType<typeof createActivities>;
/** For `proxyActivities` in workflows, by `import type`. */
export type WorkflowActivities = PactActivities['workflowActivities'];
export type AgentActivities = PactActivities['agentActivities'];

/** Call `close` when the worker has ended: it stops the timers that serve all attempts. */
export function createActivities(deps: ActivityDeps) {
  const { signal, query } = deps.temporal;
  const { store, log } = deps;
  const mailbox = createMailbox({ query, log });
  const statuses = createStatusBatcher({ signal, log, onMessagesSent: mailbox.poke });
  const heartbeats = createHeartbeats();
  const statusDocuments = createStatusDocuments({ query, store, log });
  const { checks, killGraceMs } = deps.config;
  const attempts = { ...deps, checks, killGraceMs, statuses, mailbox, statusDocuments, heartbeats, query };
  const pages = createPageStore(store);
  const journal = createJournal({ store, statusDocuments });
  const writeReport = createWriteReport({ store, statusDocuments });
  return {
    workflowActivities: {
      /** Plan in, resolved plan with its hash, readiness and review out. */
      prepare: withPacking(pages, createPrepare(deps)),
      /** Readiness of what an amendment brings in. */
      testAdditions: createTestAdditions(deps),
      /** Ledger entries onto disk, each once. */
      journal: withPackedInput(pages, (input: Parameters<typeof journal>[0]) => whileBeating(() => journal(input))),
      /** Report and last status onto disk. */
      writeReport: withPackedInput(pages, (input: Parameters<typeof writeReport>[0]) => whileBeating(() => writeReport(input))),
      /** What is left of a sprint in, the best order found for it out. */
      planOrder: withPackedInput(pages, planOrderInSteps),
      /** What an escalation was about, onto disk. */
      writeReview: createWriteReview(store),
      /** An event out to people. */
      notify: createNotify(deps.channels),
      /** A page of what is too large for a payload, into the artifact store. */
      keepPage: pages.keep,
      loadPage: pages.load,
    },
    agentActivities: {
      /** One attempt of one task. */
      performTask: withPacking(pages, createPerformTask(attempts)),
      /** One question to one agent. */
      askAgent: createAskAgent({ ...deps, killGraceMs }),
      /** Undoes what attempts have done, where they were carried out. */
      undoSteps: withPackedInput(pages, createUndoSteps({ ...deps, checks, killGraceMs })),
      /** Whether what a sprint uses works, for as long as it is under way. */
      watchProbes: createWatchProbes(deps),
      /** Readiness of agents where they run. */
      probeAgents: createProbeAgents(deps),
    },
    close(): void {
      statuses.close();
      mailbox.close();
      statusDocuments.close();
    },
  };
}
