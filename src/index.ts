/** PACT on Temporal for programs: a worker, a client, and the types of everything that crosses between them. */
export { startWorker, type RunningWorker, type StartWorkerOptions } from './worker.ts';
export { connectClient, type PactClient } from './client/pact-client.ts';
export { loadConfig, loadPlan } from './config.ts';
export { openServer } from './server/open-server.ts';
export type { Config } from './domain/config/config.ts';
export type { Plan } from './domain/plan/plan.ts';
export type * from './domain/views.ts';
export type { AgentStatus } from './domain/agent-status.ts';
export type { FailureType } from './domain/failure.ts';
