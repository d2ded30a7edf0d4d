import { randomUUID } from 'node:crypto';
import type { CommandName } from '../domain/messages.ts';
import type { Accepted } from '../domain/views.ts';
import type { ServerLink } from './connection.ts';
import { describeExecution } from './description.ts';
import { NoWorkerError, RefusedError, UnknownExecutionError } from './errors.ts';
import { noWorkerText } from './grpc-failure.ts';
import { livePollers } from './worker-presence.ts';

/** Either the engine's answer, or a signal that the server keeps until a worker comes. */
export type Delivery =
  | ({ readonly delivered: 'update' } & Accepted)
  | { readonly delivered: 'signal'; readonly accepted: null; readonly why: string };

export function sendCommand(link: ServerLink, executionId: string, name: CommandName, payload: object): Promise<Accepted>;
export function sendCommand(
  link: ServerLink,
  executionId: string,
  name: CommandName,
  payload: object,
  options: { readonly signalWithoutWorker: true },
): Promise<Delivery>;
/**
 * Sends a message as an update and waits for its answer. With no worker an update would only hang, so that is found out first.
 * @throws RefusedError as the engine refused it, or because the execution has ended; NoWorkerError
 */
export async function sendCommand(
  link: ServerLink,
  executionId: string,
  name: CommandName,
  payload: object,
  options: { readonly signalWithoutWorker?: boolean } = {},
): Promise<Accepted | Delivery> {
  const description = await describeExecution(link, executionId);
  if (description.closedAt !== null) throw endedRefusal(executionId, description.serverStatus, name);
  const handle = link.client.workflow.getHandle(executionId);
  try {
    if ((await livePollers(link, description.taskQueue)).length === 0) {
      throw new NoWorkerError(noWorkerText({ ...link, executionId }));
    }
    const updateId = randomUUID();
    const accepted = await link.call(executionId, () =>
      handle.executeUpdate<Accepted, [object]>(name, { args: [payload], updateId }),
    );
    return { delivered: 'update', ...accepted };
  } catch (error) {
    if (error instanceof UnknownExecutionError) throw endedRefusal(executionId, 'ended', name);
    if (!(error instanceof NoWorkerError) || options.signalWithoutWorker !== true) throw error;
    await link.call(executionId, () => handle.signal(name, payload));
    return { delivered: 'signal', accepted: null, why: error.message };
  }
}

const endedRefusal = (executionId: string, serverStatus: string, name: CommandName): RefusedError =>
  new RefusedError(
    'NotAllowedInPhase',
    `"${name}" needs an execution that is open; "${executionId}" has ended (${serverStatus.toLowerCase()}). ` +
      `See how with: pact status ${executionId}`,
  );
